"""How the studio looks: colours, class inks, the style sheet, and a Gradio theme that stays out of the way."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import gradio as gr

BACKGROUND: Final = "#1c1c1e"
INK: Final = "#ececf0"
# Colours by use. The panes around map and picture stay dark and neutral in both, since a bright surround shifts how
# colours are judged.
DARK: Final = {
    "bg": BACKGROUND,
    "pane": "#242427",
    "raised": "#34343a",
    "hover": "#2b2b2f",
    "chosen": "#3d3d44",
    "line": "#38383d",
    "frame": "#55555e",
    "knob": "#ececf0",
    "ink": INK,
    "dim": "#a3a3ac",
    "accent": "#e8a06a",
    "accent-hover": "#f0b083",
    "on-accent": "#201409",
    "on-accent-line": "#20140966",
    "good": "#6fcf97",
    "wait": "#e8c46a",
    "bad": "#ff8a80",
    "track": "#3d3d44",
    "stage": "#161618",
    "on-stage": "#a3a3ac",
    "float": "#1c1c1ee8",
}
LIGHT: Final = {
    "bg": "#f4f4f5",
    "pane": "#e6e6e9",
    "raised": "#dfdfe3",
    "hover": "#e9e9ec",
    "chosen": "#ffffff",
    "line": "#d3d3d8",
    "frame": "#8c8c96",
    "knob": "#3a3a40",
    "ink": "#1b1b1e",
    "dim": "#55555e",
    "accent": "#9c4a10",
    "accent-hover": "#86400e",
    "on-accent": "#ffffff",
    "on-accent-line": "#ffffff88",
    "good": "#1d8a4e",
    "wait": "#a06a00",
    "bad": "#b3261e",
    "track": "#c4c4cb",
    "stage": "#161618",
    "on-stage": "#a3a3ac",
    "float": "#f4f4f5ee",
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

# Of a clinical case's conditions, in order, again from the start where there are more: Okabe & Ito's, then tints of them.
CONDITION_INKS: Final = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#0072b2", "#b9b9c0")

LENGTH: Final = re.compile(r"(?<![\w#.-])(-?[\d.]+)px\b")
SCALES: Final = {2400: 1.4, 3400: 1.9}  # from this many CSS pixels across, everything is drawn so much larger
FONTS: Final = ("Inter", "Noto Sans", "system-ui", "sans-serif")


def style_sheet() -> str:
    """The page's CSS: the tokens as custom properties, then screens/page.css with every length counted in `--px`."""
    dark, light = ("".join(f"--{name}:{value};" for name, value in tokens.items()) for tokens in (DARK, LIGHT))
    page = (Path(__file__).parent / "screens" / "page.css").read_text(encoding="utf-8")
    # A media query knows no custom properties.
    page = re.sub(r"^(?!@media)(.*)$", lambda line: LENGTH.sub(r"calc(\1 * var(--px))", line[0]), page, flags=re.M)
    scales = "".join(f"@media (min-width:{width}px){{.moulage{{--px:{scale}px}}}}\n" for width, scale in SCALES.items())
    light = f".moulage.light{{color-scheme:light;{light}}}"
    return f".moulage{{--px:1px;color-scheme:dark;{dark}}}\n{light}\n{scales}{page}"


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
