"""The page's HTML, from the templates beside this file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine import service
from studio import words

# A line break beside a tag only lays a template out. A browser would show some of them as a space.
LAYOUT: Final = re.compile(r"(?<=>)\s*\n\s*|\s*\n\s*(?=<)")

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals.update(words=words, service=service)


def markup(
    generators: Sequence[service.PainterInfo],
    samplers: Sequence[service.SamplerInfo],
) -> str:
    """The whole page. generators: those that paint live, the first one chosen. samplers: those that start from noise."""
    html = TEMPLATES.get_template("page.html").render(
        # (label, name) of what a hand paints: all but the outside of the frame.
        classes=list(enumerate(words.CLASS_NAMES))[service.SKIN :],
        tones=service.TONES,
        generators=generators,
        samplers=samplers,
        controls=_controls(generators),
        sampler_controls=_controls(samplers),
        axes=service.AXES,
        starters=service.STARTER_NAMES,
        export_forms=list(service.FORMS.items())[1:],  # "Save picture" saves the first
    )
    # Gradio fills the page as a JavaScript template, which would take a backslash for its own.
    return LAYOUT.sub("", html).replace("\\", "&#92;")


def _controls(generators: Sequence[service.PainterInfo | service.SamplerInfo]) -> list[service.Control]:
    """Each once, also where several generators have it."""
    return list({control.name: control for one in generators for control in one.controls}.values())
