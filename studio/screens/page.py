"""The studio's page as a Gradio app."""

from dataclasses import asdict

import gradio as gr

from engine import service
from studio import theme, words
from studio.canvas.component import LabelEditor
from studio.screens.markup import markup

CASE = sorted(service.ENVELOPE - {"backend"})  # what a page says of a case whatever the generator takes


def page(generators: tuple[service.PainterInfo, ...], samplers: tuple[service.SamplerInfo, ...]) -> gr.Blocks:
    """The page. generators: those that paint live, the first one chosen. samplers: those that start from noise."""
    setup = {
        "words": words.for_page(),
        "palette": list(theme.PALETTE),
        "conditions": {one.name: list(one.conditions) for one in generators},
        "told": {one.name: [*CASE, *one.settings] for one in generators},
        "sliders": {one.name: [control.name for control in one.controls] for one in generators},
        "inks": list(theme.CONDITION_INKS),
        "samplers": [asdict(one) for one in samplers],
    }
    with gr.Blocks(title=words.PRODUCT, analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        LabelEditor(markup(generators, samplers), setup, elem_id="studio")
    return blocks
