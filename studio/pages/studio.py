"""The Studio screen: palette, map and picture side by side, six skin tones, one row of tools."""

from html import escape
from typing import Final

import gradio as gr

from engine.labels import DEFINITE, POSSIBLE
from studio import theme, words
from studio.canvas.component import LabelEditor

TONES: Final = ("I", "II", "III", "IV", "V", "VI")
ICONS: Final = {
    "undo": "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
    "redo": "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
    "fit": "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    "previous": "M15 5l-7 7 7 7",
    "next": "M9 5l7 7-7 7",
    "lock": "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
    "dice": "M7 4h10l3 3v10l-3 3H7l-3-3V7zM8.5 8v1M15.5 8v1M12 11.5v1M8.5 15v1M15.5 15v1",
}


def icon(name: str) -> str:
    """A line icon as inline SVG: no icon font, no request."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'


def button(kind: str, value: object, inside: str, title: str, look: str = "tool") -> str:
    """A button that the scripts find by its data attribute."""
    return (
        f'<button type="button" class="{look}" data-{kind}="{value}" title="{escape(title)}" '
        f'aria-label="{escape(title)}">{inside}</button>'
    )


def key(text: str) -> str:
    """A key cap."""
    return f"<kbd>{escape(text)}</kbd>"


def header() -> str:
    """Wordmark, screens, live status, key sheet."""
    return (
        f'<header><b>{words.PRODUCT}</b><nav><span class="on" aria-current="page">{words.SCREEN}</span></nav>'
        '<div class="status"><span data-part="status" data-state="connecting"><i></i><span>connecting</span></span>'
        f"{button('act', 'sheet', key('?'), 'Keys (?)', 'bare')}</div></header>"
    )


def palette() -> str:
    """What the hand paints: digits 1 to 7."""
    rows = (
        button(
            "label",
            label,
            f'<canvas width="36" height="36"></canvas><span>{name}</span>{key(str(label))}',
            f"{name} ({label})",
            "class",
        )
        for label, name in enumerate(words.CLASS_NAMES)
        if label
    )
    return f'<h2>Paint</h2><div class="classes" role="group" aria-label="Paint">{"".join(rows)}</div>'


def certainty() -> str:
    """Whether a marker is painted as definite or possible."""
    choices = button("certainty", DEFINITE, "Definite", "Definite (P switches)", "choice")
    choices += button("certainty", POSSIBLE, "Possible", "Possible (P switches); extrapolated", "choice")
    return f'<h2>Certainty {key("P")}</h2><div class="segment">{choices}</div>'


def appearance() -> str:
    """Sliders for what a map cannot say; auto lets the seed draw it."""
    rows = (
        f'<div class="slider"><label for="slider-{name}">{label}</label>'
        f'<input type="range" id="slider-{name}" data-slider="{name}" min="0" max="100" value="50" '
        f'title="{escape(words.SLIDER_TITLES[name])}">'
        f"{button('auto', name, 'auto', f'{label}. {words.AUTO_TITLE}', 'chip')}</div>"
        for name, label in words.SLIDERS.items()
    )
    return f"<h2>Appearance</h2>{''.join(rows)}"


def generator(names: tuple[str, ...]) -> str:
    """Which generator makes the picture."""
    options = "".join(f'<option value="{escape(name)}">{escape(name)}</option>' for name in names)
    return (
        f'<h2>Generator</h2><div class="segment"><select data-part="generator" aria-label="Generator">{options}'
        "</select></div>"
    )


def seed() -> str:
    """Lock, number, neighbours, dice."""
    return (
        f'<h2>Seed {key("K")}{key("N")}{key("D")}</h2><div class="segment seed">'
        f"{button('act', 'lock', icon('lock'), 'Lock the seed (K)', 'choice')}"
        f"{button('act', 'previous', icon('previous'), 'Previous seed (Shift+N)', 'choice')}"
        '<input data-part="seed" inputmode="numeric" maxlength="10" aria-label="Seed" autocomplete="off">'
        f"{button('act', 'next', icon('next'), 'Next seed (N)', 'choice')}"
        f"{button('act', 'dice', icon('dice'), 'Roll a seed (D)', 'choice')}</div>"
    )


def map_pane() -> str:
    """Tools above, the map, size and overlay below."""
    tools = (("brush", "Brush", "B"), ("eraser", "Erase", "E"), ("superpixel", "Superpixel", "S"))
    row = "".join(button("tool", name, f"{label} {key(cap)}", f"{label} ({cap})") for name, label, cap in tools)
    row += '<span class="space"></span>' + "".join(
        button("act", act, f"{icon(act)}{key(cap)}", title)
        for act, cap, title in (
            ("undo", "Ctrl Z", "Undo (Ctrl+Z)"),
            ("redo", "Ctrl Y", "Redo (Ctrl+Y)"),
            ("fit", "F", "Fit (F)"),
        )
    )
    return (
        f'<section class="pane"><div class="bar">{row}</div>'
        '<div class="view" data-view="map"><canvas data-pane="map" tabindex="0" aria-label="Map"></canvas>'
        '<div class="ring" data-part="ring" hidden></div></div>'
        f'<div class="under"><label>Size {key("[")}{key("]")}<input type="range" data-part="size" min="1" max="96">'
        '<output data-part="size-value"></output></label>'
        f'<label>Overlay {key("H")}<input type="range" data-part="opacity" min="0" max="100" value="100" '
        'title="How much the map covers the picture"></label>'
        '<span class="readout" data-part="readout"></span></div></section>'
    )


def picture_pane() -> str:
    """The picture with its badges; one line of plain words below."""
    return (
        '<section class="pane"><div class="bar"><span class="tool on">Picture</span><span class="space"></span>'
        '<span class="ita" data-part="ita" title="Individual typology angle of the skin, measured on the picture">'
        '</span></div><div class="view"><canvas data-pane="picture" aria-label="Picture"></canvas>'
        f'<p class="empty" data-part="empty">{escape(str(words.for_page()["empty"]["waiting"]))}</p>'
        '<div class="tags"><span class="tag" data-part="synthetic" hidden>Synthetic</span>'
        '<span class="tag" data-part="note" hidden></span></div>'
        '<span class="tag stale" data-part="stale" hidden></span></div>'
        f'<div class="under"><span data-part="message" aria-live="polite">{words.COACH}</span></div></section>'
    )


def tone_strip() -> str:
    """The same case on six skins; a click chooses, a second click leaves the tone to the seed."""
    tones = (
        f'<button type="button" class="tone" data-tone="{tone}" aria-pressed="false" '
        f'aria-label="Skin tone {tone} (Shift+{number})"><canvas></canvas><span>{tone}</span>{key(f"⇧{number}")}</button>'
        for number, tone in enumerate(TONES, start=1)
    )
    return f'<div class="strip" role="group" aria-label="Skin tone">{"".join(tones)}</div>'


def footer() -> str:
    """Open and save."""
    return (
        f'<footer><span class="purpose">{words.PURPOSE} {words.DROP_HINT}</span><span class="space"></span>'
        f"{button('act', 'open', 'Open picture ' + key('Ctrl O'), 'Open a saved picture (Ctrl+O)', 'button')}"
        f"{button('act', 'save', 'Save picture ' + key('Ctrl S'), 'Save picture (Ctrl+S)', 'button primary')}"
        '<input type="file" accept="image/png" data-part="file" hidden></footer>'
    )


def key_sheet() -> str:
    """All keys, shown by the question mark."""
    groups = "".join(
        f"<div><h2>{heading}</h2>{''.join(f'<p><span>{what}</span>{key(cap)}</p>' for what, cap in rows)}</div>"
        for heading, rows in words.KEY_SHEET.items()
    )
    return (
        f'<dialog data-part="sheet" aria-label="Keys"><form method="dialog"><div>{groups}</div>'
        "<button>Close</button></form></dialog>"
    )


def markup(generators: tuple[str, ...]) -> str:
    """The page's HTML, static."""
    side = palette() + certainty() + appearance() + generator(generators) + seed()
    return (
        f'<div class="moulage">{header()}<main><aside class="side">{side}</aside>{map_pane()}{picture_pane()}'
        f"{tone_strip()}{footer()}</main>{key_sheet()}"
        f'<div class="veil" data-part="veil" hidden><p>{words.DROP_HINT}</p></div></div>'
    )


def page(generators: tuple[str, ...]) -> gr.Blocks:
    """The Studio as a Gradio app. generators: preset names that can paint live, the first one chosen."""
    setup = {"words": words.for_page(), "palette": list(theme.PALETTE)}
    with gr.Blocks(title=words.PRODUCT, analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        LabelEditor(markup(generators), setup, elem_id="studio")
    return blocks
