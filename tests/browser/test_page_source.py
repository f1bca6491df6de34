"""What the page is made of, read without a browser."""

import re
from pathlib import Path

import pytest

from engine import service

CANVAS = Path(__file__).resolve().parents[2] / "studio" / "canvas"


@pytest.fixture(scope="module")
def component():
    from studio.canvas import component

    return component


def test_every_module_is_joined_once_and_after_what_it_imports(component):
    assert sorted(component.MODULES) == sorted(file.stem for file in CANVAS.glob("*.js"))
    for place, name in enumerate(component.MODULES):
        needed = re.findall(r'from "\./(\w+)\.js"', (CANVAS / f"{name}.js").read_text(encoding="utf-8"))
        assert set(needed) <= set(component.MODULES[:place]), name


def test_the_joined_script_declares_every_name_once(component):
    script = component.script()
    names = re.findall(r"^(?:async )?(?:function|class|const) (\w+)", script, flags=re.M)

    assert not re.search(r"^(import|export) ", script, flags=re.M)
    assert len(names) == len(set(names))


def test_markup_with_a_template_mark_is_refused(component):
    with pytest.raises(ValueError, match="template"):
        component.LabelEditor("<p>${value}</p>")


def test_a_generators_name_is_escaped():
    from studio.pages.studio import markup

    assert "<script>" not in markup(
        (service.Generator("<script>alert(1)</script>", "<script>", (9, 9), ("<script>",)),),
        (service.NoiseGenerator("<script>", "<script>", "<script>", (9, 9), (), False, False),),
    )


def test_the_page_names_no_other_machine(component):
    from studio import theme
    from studio.pages.studio import markup

    sources = component.script() + theme.style_sheet() + markup(service.live_generators(), service.noise_generators())
    addresses = set(re.findall(r"https?://[^\s'\")]+", sources))

    assert addresses == {"http://www.w3.org/2000/svg"}, "a namespace, never fetched"
