"""The page's HTML: what it escapes, what the scripts find in it, how its sliders count."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine import service
from engine.config import Control
from studio.screens.markup import markup

STUDIO = Path(__file__).resolve().parents[1] / "studio"
# [data-act=open], [data-act='open'] or, with the rest computed, "[data-act=library-" + act.
SELECTOR = re.compile(r"""\[data-([\w-]+)='?([\w-]+)""")
# A function of a script that looks up a name, such as: part(name) { return this.root.querySelector("[data-part=" + name
FINDER = re.compile(
    r'(\w+)(?: = )?\(?name\b[^()\n]*\)?\s*(?:=>|\{\s*return)\s*[\w.]*querySelector\("\[data-(\w+)=" \+ name'
)


class Page(HTMLParser):
    """The attributes of every element, and every text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(dict(attrs))

    def handle_data(self, data):
        self.texts.append(data)

    def values(self, attribute):
        return {element[attribute] for element in self.elements if attribute in element}

    def one(self, attribute, value):
        (element,) = (element for element in self.elements if element.get(attribute) == value)
        return element


HAIR = Control("hair", "Hair", "Hair, as a percentile", 0, 1, 0.01)


def rendered(title="Title", condition="naevus", controls=(HAIR,), of_noise=()):
    generators = (
        service.PainterInfo("of-maps", title, (9, 9), (), controls, ("seed", "hair")),
        service.PainterInfo("of-boxes", title, (9, 9), (condition,), (), ("seed",)),
    )
    return markup(generators, (service.SamplerInfo("noise", title, "pairs", (9, 9), (), True, of_noise),))


@pytest.fixture(scope="module")
def page():
    return Page(rendered())


def scripts():
    return {path: path.read_text(encoding="utf-8") for path in STUDIO.rglob("*.js")}


def wanted():
    """(attribute, value) of each element that a script looks up by a literal name; a value that ends in "-" is a start."""
    for source in scripts().values():
        yield from SELECTOR.findall(source)
        yield from re.findall(r'\bone\("([\w-]+)", "([\w-]+)"', source)
        for finder, kind in FINDER.findall(source):
            yield from ((kind, name) for name in re.findall(rf'\b{finder}\("([\w-]+)"', source))


def test_every_element_that_a_script_looks_up_is_there(page):
    looked_up = set(wanted())
    # One of each way of looking up, so that the test does not pass because it reads the scripts no more.
    assert {("act", "open"), ("part", "seed"), ("part", "large"), ("act", "library-all"), ("act", "sweep")} <= looked_up

    missing = {
        (kind, name)
        for kind, name in looked_up
        if not any(
            value == name or (name.endswith("-") and value.startswith(name)) for value in page.values(f"data-{kind}")
        )
    }

    assert missing == set()


def test_every_id_that_is_pointed_at_is_there_once(page):
    ids = [element["id"] for element in page.elements if "id" in element]
    by_script = {name for source in scripts().values() for name in re.findall(r'querySelector\("#([\w-]+)"', source)}

    assert len(ids) == len(set(ids))
    assert page.values("popovertarget") | page.values("for") | by_script <= set(ids)


@pytest.mark.parametrize("hostile", ["<b>bold</b>", "\"><script>alert('&')</script>"])
def test_names_are_escaped_wherever_they_stand(hostile, page):
    html = rendered(title=hostile, condition=hostile)
    named = Page(html)

    assert hostile not in html
    assert len(named.elements) == len(page.elements)
    assert hostile in named.texts
    assert named.one("data-condition", hostile)["title"] == f"{hostile} (1)"


@pytest.mark.parametrize("mark", ["{{", "{%", "${", "`"])
def test_no_template_mark_is_left(mark):
    assert mark not in rendered()


def test_the_layout_of_the_templates_leaves_no_space_in_the_page(page):
    assert [text for text in page.texts if "\n" in text or not text.strip()] == []


def test_without_samplers_the_page_says_how_to_get_one(page):
    bare = markup((), ())

    assert "sample" in page.values("data-act")
    assert "sample" not in Page(bare).values("data-act")
    assert "moulage train" in bare


@pytest.mark.parametrize(
    "low, high, step, shown",
    [
        (0, 1, 0.01, {"min": "0", "max": "100", "value": "50"}),  # a share is shown in percent
        (0, 1, 0.05, {"min": "0", "max": "100", "value": "50", "step": "5"}),
        (-60, 90, 1, {"min": "-60", "max": "90", "value": "15"}),
        (0.5, 2, 0.25, {"min": "0.5", "max": "2", "value": "1.25", "step": "0.25"}),
    ],
)
def test_a_slider_counts_as_its_control_says(low, high, step, shown):
    control = Control("hair", "Hair & more", 'How "much"', low, high, step)
    page = Page(rendered(controls=(control,)))
    slider = page.one("data-slider", "hair")

    assert {name: slider[name] for name in ("min", "max", "value", "step") if name in slider} == shown
    assert (slider["id"], slider["title"]) == ("slider-hair", 'How "much"')
    assert page.values("data-slider") == page.values("data-auto") == {"hair"}
    assert "Hair & more" in page.texts


def test_a_slider_of_both_screens_stands_on_each_and_says_what_it_is_without_a_value():
    off = Control("hair", "Hair", "Hair, as a percentile", 0, 1, 0.01, "off")
    page = Page(rendered(of_noise=(off,)))
    buttons = [element for element in page.elements if element.get("data-auto") == "hair"]

    assert {"slider-hair", "sample-slider-hair"} <= page.values("id") & page.values("for")
    assert [button["title"].split(":")[0] for button in buttons] == ["Hair. Auto", "Hair. Off"]
    assert [one["data-unset"] for one in page.elements if one.get("data-slider") == "hair"] == ["auto", "off"]
    assert {"auto", "off"} <= set(page.texts)
