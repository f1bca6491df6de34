"""How the studio looks: colours, class inks, the style sheet, and a Gradio theme that stays out of the way."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import gradio as gr

BACKGROUND: Final = "#1c1c1e"
INK: Final = "#ececf0"
TOKENS: Final = {
    "bg": BACKGROUND,
    "pane": "#242427",
    "raised": "#34343a",
    "chosen": "#3d3d44",
    "line": "#38383d",
    "ink": INK,
    "dim": "#a3a3ac",
    "accent": "#e8a06a",
    "on-accent": "#201409",
    "good": "#6fcf97",
    "wait": "#e8c46a",
    "bad": "#ff8a80",
}

# Colour and pattern of each class, by its id. Markers 3..7 are Okabe & Ito's (2008), told apart by colour vision of any
# kind; the pattern tells them apart without colour.
PALETTE: Final = (
    {"colour": "#101012", "pattern": "plain"},
    {"colour": "#2c2c30", "pattern": "plain"},
    {"colour": "#705448", "pattern": "plain"},
    {"colour": "#e69f00", "pattern": "slash"},
    {"colour": "#56b4e9", "pattern": "backslash"},
    {"colour": "#009e73", "pattern": "upright"},
    {"colour": "#f0e442", "pattern": "rings"},
    {"colour": "#cc79a7", "pattern": "dots"},
)

FONTS: Final = ("Inter", "Noto Sans", "system-ui", "sans-serif")


def style_sheet() -> str:
    """The page's CSS: the tokens as custom properties, then canvas/page.css."""
    tokens = "".join(f"--{name}:{value};" for name, value in TOKENS.items())
    page = (Path(__file__).parent / "canvas" / "page.css").read_text(encoding="utf-8")
    return f".gradio-container{{{tokens}}}\n{page}"


def gradio_theme() -> "gr.themes.Base":
    """Gradio's plainest theme on our background; fonts of the system, since a web font would leave the machine."""
    import gradio as gr

    base = gr.themes.Base(font=list(FONTS), font_mono=["ui-monospace", "monospace"])
    return base.set(
        body_background_fill=BACKGROUND,
        body_background_fill_dark=BACKGROUND,
        body_text_color=INK,
        body_text_color_dark=INK,
    )
