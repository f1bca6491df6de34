"""The one class that carries the editor's modules into Gradio."""

import re
from pathlib import Path
from typing import Any, Final

import gradio as gr

FOLDER: Final = Path(__file__).parent

# In the order in which they build on one another; Gradio runs them as one function, so imports fall away.
MODULES: Final = (
    "cells",
    "raster",
    "wire",
    "history",
    "transform",
    "boxes",
    "editor",
    "view",
    "overlay",
    "live",
    "picture",
    "mappane",
    "tools",
    "pointer",
    "keys",
    "controls",
    "grains",
    "photo",
    "files",
    "library",
    "filmstrip",
    "autosave",
    "sweeps",
    "samples",
    "main",
)


def script() -> str:
    """All modules as one script, without their `import` lines and `export` words."""
    parts = ((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES)
    joined = "\n".join(parts)
    return re.sub(r"^export ", "", re.sub(r"^import .*\n", "", joined, flags=re.M), flags=re.M)


class LabelEditor(gr.HTML):
    """The whole studio page as one component: `setup` goes to the scripts once, nothing goes through `value`.

    html: static markup, without the template marks that Gradio would fill. setup: JSON-able words and palette.
    """

    def __init__(self, html: str = "", setup: dict[str, Any] | None = None, **options: Any) -> None:
        for mark in ("{{", "${", "`"):
            if mark in html:
                raise ValueError(f"the markup holds {mark!r}, which Gradio's template would fill")
        options = {"html_template": html, "js_on_load": script(), "css_template": "", **options}
        super().__init__(apply_default_css=False, setup=setup or {}, **options)
