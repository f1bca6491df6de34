"""The one class that brings the page's markup and scripts into Gradio."""

from typing import Any, Final

import gradio as gr

from studio.canvas.modules import modules

ENTRY: Final = "screens/main.js"


def script() -> str:
    """What Gradio runs once the markup is there, with `element` and `props` in scope."""
    return (
        f'import("{modules().address(ENTRY)}").then(page => page.open(element.querySelector(".moulage"), props.setup));'
    )


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
