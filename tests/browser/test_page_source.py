"""What the page is made of, read without a browser."""

import re
import urllib.request
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from engine import service
from studio.canvas.modules import Modules, add_routes, modules

STUDIO = Path(__file__).resolve().parents[2] / "studio"
IMPORT = re.compile(r'^import \{[^}]+\} from "([^"]+)";$', re.MULTILINE)


@pytest.fixture(scope="module")
def component():
    from studio.canvas import component

    return component


@pytest.fixture
def client():
    app = FastAPI()
    add_routes(app)
    with TestClient(app) as opened:
        yield opened


def imported(path):
    """What a module imports, by path below studio/."""
    source = (STUDIO / path).read_text(encoding="utf-8")
    return [
        (STUDIO / path).parent.joinpath(name).resolve().relative_to(STUDIO).as_posix()
        for name in IMPORT.findall(source)
    ]


def test_every_module_is_reached_from_the_entry_and_none_imports_itself_on_any_way(component):
    done, ways = set(), [(component.ENTRY,)]
    while ways:
        way = ways.pop()
        for path in imported(way[-1]):
            assert path not in way, f"a circle: {' → '.join((*way, path))}"
            ways.append((*way, path))
        done.add(way[-1])

    assert done == set(modules().sources) == {file.relative_to(STUDIO).as_posix() for file in STUDIO.rglob("*.js")}


def test_a_script_is_served_as_it_is_and_may_be_kept_for_good(client):
    for path, source in modules().sources.items():
        answer = client.get(modules().address(path))
        assert answer.content == source
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", [
    "app.py", "screens/page.css", "screens/none.js", "../pyproject.toml", "..%2f..%2fpyproject.toml", "%2fetc/passwd", "",
])  # fmt: skip
def test_nothing_but_scripts_is_served(client, path):
    assert client.get(f"/modules/{modules().version}/{path}").status_code == 404


def test_a_changed_script_has_another_address_and_the_old_one_is_gone(client):
    sources = dict(modules().sources)
    changed = Modules(sources | {"canvas/wire.js": sources["canvas/wire.js"] + b" "})

    assert changed.address("canvas/wire.js") != modules().address("canvas/wire.js")
    assert client.get(changed.address("canvas/wire.js")).status_code == 404


def test_all_scripts_are_asked_for_with_the_page_itself_and_the_entry_is_one_of_them(component, plain):
    with urllib.request.urlopen(plain.url) as answer:
        asked = re.findall(r"<([^>]+)>; rel=modulepreload", answer.headers["link"])

    assert sorted(asked) == sorted(map(modules().address, modules().sources))
    assert f'import("{modules().address(component.ENTRY)}")' in component.script()


def test_markup_with_a_template_mark_is_refused(component):
    with pytest.raises(ValueError, match="template"):
        component.LabelEditor("<p>${value}</p>")


def test_a_generators_name_is_escaped():
    from studio.screens.markup import markup

    assert "<script>" not in markup(
        (service.PainterInfo("<script>alert(1)</script>", "<script>", (9, 9), ("<script>",)),),
        (service.SamplerInfo("<script>", "<script>", "<script>", (9, 9), (), False),),
    )


def test_the_page_names_no_other_machine(component):
    from studio import theme
    from studio.screens.markup import markup

    scripts = component.script() + "".join(source.decode() for source in modules().sources.values())
    sources = scripts + theme.style_sheet() + markup(service.live_generators(), service.noise_generators())
    addresses = set(re.findall(r"https?://[^\s'\")]+", sources))

    assert addresses == {"http://www.w3.org/2000/svg"}, "a namespace, never fetched"
