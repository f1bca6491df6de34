"""The Studio screen: palette, map and picture side by side, six skin tones, one row of tools."""

from dataclasses import asdict
from html import escape
from typing import Final

import gradio as gr

from engine import service
from engine.labels import DEFINITE, LESION, POSSIBLE, SKIN
from studio import theme, words
from studio.canvas.component import LabelEditor
from studio.pages import library, samples, sweeps
from studio.pages.controls import button, icon, key

TONES: Final = ("I", "II", "III", "IV", "V", "VI")


def header() -> str:
    """Wordmark, screens, live status, key sheet."""
    screens = "".join(
        f'<button type="button" data-go="{name}">{title}</button>' for name, title in words.SCREENS.items()
    )
    return (
        f"<header><b>{words.PRODUCT}</b><nav>{screens}</nav>"
        f'<span class="purpose">{words.PURPOSE}</span>'
        '<div class="status"><span data-part="saved" aria-live="polite"></span>'
        '<span data-part="status" data-state="connecting"><i></i><span>connecting</span></span>'
        f'<button type="button" class="bare" data-act="library" aria-expanded="false" title="{words.LIBRARY_TITLE}">'
        f"{words.LIBRARY} {key('A')}</button>"
        f"{button('act', 'light', icon('light'), words.LIGHT_TITLE, 'mini')}"
        f"{button('act', 'sheet', key('?'), 'Keys (?)', 'bare')}</div></header>"
    )


def palette() -> str:
    """What the hand paints: digits 1 to 7."""
    rows = "".join(class_row(label, name) for label, name in enumerate(words.CLASS_NAMES) if label)
    return (
        f'<div data-takes="map"><h2>Paint</h2><div class="classes" role="group" aria-label="Paint">{rows}</div></div>'
    )


def conditions(generators: tuple[service.Generator, ...]) -> str:
    """What the boxes of a generator may show."""
    groups = "".join(
        f'<div class="classes" data-conditions="{escape(one.name)}" role="group" aria-label="{words.CONDITIONS}">'
        + "".join(
            button(
                "condition",
                escape(name),
                f"<i></i><span>{escape(name)}</span>{key(str(number))}",
                f"{name} ({number})",
                "class",
            )
            for number, name in enumerate(one.conditions, start=1)
        )
        + "</div>"
        for one in generators
        if one.conditions
    )
    return f'<div data-takes="boxes"><h2>{words.CONDITIONS}</h2>{groups}<p class="hint">{words.BOX_HINT}</p></div>'


def class_row(label: int, name: str) -> str:
    """A class with its eye and its lock; skin is the ground and is always seen."""
    swatch = f'<canvas width="36" height="36"></canvas><span>{name}</span>{key(str(label))}'
    eye = button("hide", label, icon("eye"), f"Hide {name.lower()} in the map; the case keeps it", "small")
    lock = button("guard", label, icon("lock"), f"Lock {name.lower()}: no tool changes it", "small")
    return (
        f'<div class="row">{button("label", label, swatch, f"{name} ({label})", "class")}'
        f"{eye if label > SKIN else ''}{lock}</div>"
    )


def certainty() -> str:
    """Whether a marker is painted as definite or possible."""
    choices = button("certainty", DEFINITE, "Definite", "Definite (P switches)", "choice")
    choices += button("certainty", POSSIBLE, "Possible", "Possible (P switches); extrapolated", "choice")
    return f'<div data-takes="map"><h2>Certainty {key("P")}</h2><div class="segment">{choices}</div></div>'


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


def generator(generators: tuple[service.Generator, ...]) -> str:
    """Which generator makes the picture."""
    options = "".join(f'<option value="{escape(one.name)}">{escape(one.title)}</option>' for one in generators)
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
    row = "".join(
        button("tool", name, f"{icon(name)}{key(cap)}", f"{label} ({cap})")
        for name, (label, cap) in words.TOOLS.items()
    )
    row += button("act", "inside", f"{icon('inside')}{key('O')}", words.INSIDE_TITLE)
    row += '<span class="space"></span>' + "".join(
        button("act", act, f"{icon(act)}{key(cap)}", title)
        for act, cap, title in (
            ("undo", "⌃Z", "Undo (Ctrl+Z)"),
            ("redo", "⌃Y", "Redo (Ctrl+Y)"),
            ("fit", "F", "Fit (F)"),
        )
    )
    return (
        f'<section class="pane"><div class="bar">{row}</div>'
        '<div class="view" data-view="map"><canvas data-pane="map" tabindex="0" aria-label="Map"></canvas>'
        f'<div class="ring" data-part="ring" hidden></div>'
        '<div class="tags"><span class="tag" data-part="beneath" hidden></span></div></div>'
        f'<div class="under">{grains()}{box_row()}<label data-part="stroke">Size {key("[")}{key("]")}'
        '<input type="range" data-part="size" min="1" max="96">'
        f'<output data-part="size-value"></output></label>'
        f'<label class="overlay">Overlay {key("H")}<input type="range" data-part="opacity" min="0" max="100" value="100" '
        'title="How much the map covers the picture"></label>'
        f'<span class="readout" data-part="readout" aria-live="polite"></span>{lesion_menu()}</div></section>'
    )


def grains() -> str:
    """How fine the superpixels are; stands in the size's place while the superpixel tool is in the hand."""
    choices = "".join(button("grain", name, label, title, "choice") for name, (label, title) in words.GRAINS.items())
    return (
        f'<div class="grains">{key(",")}<div class="segment" role="group" aria-label="{words.GRAIN_TITLE}">{choices}</div>'
        f"{key('.')}</div>"
    )


def photo_menu() -> str:
    """What is done with the real photo, behind one button that is there when a photo is."""
    beneath = "".join(
        button("beneath", name, label, f"{words.PHOTO_BENEATH}: {label.lower()}", "choice")
        for name, label in words.PHOTO_CHOICES.items()
    )
    return (
        '<button type="button" class="tool" popovertarget="photo-menu" data-part="photo" hidden>'
        f'{words.PHOTO} ▴</button><div popover id="photo-menu" class="menu"><h2>{words.PHOTO_BENEATH}</h2>'
        f'<div class="segment">{beneath}</div><p>{words.PHOTO_PRIVATE}</p>'
        f"{button('act', 'remove-photo', words.PHOTO_REMOVE, words.PHOTO_REMOVE, 'choice')}"
        f"{button('act', 'remove-photos', words.PHOTO_REMOVE_ALL, words.PHOTO_REMOVE_ALL, 'choice')}</div>"
    )


def box_row() -> str:
    """The chosen box in exact numbers; stands in the size's place while the box tool is in the hand."""
    numbers = "".join(
        f'<label title="{title}">{label}<input data-edge="{name}" inputmode="numeric" maxlength="4" '
        f'aria-label="{title}" autocomplete="off"></label>'
        for name, (label, title) in words.BOX_NUMBERS.items()
    )
    carry, carry_title = words.CARRY
    return (
        f'<div class="box" data-part="box" hidden>{numbers}{button("act", "carry", carry, carry_title, "chip")}'
        f"{button('act', 'box-next', icon('around'), words.BOX_NEXT_TITLE, 'mini')}"
        f"{button('act', 'box-drop', icon('bin'), words.BOX_DROP_TITLE, 'mini')}</div>"
    )


def lesion_menu() -> str:
    """What is done to the whole lesion at once, behind one button."""
    moves = "".join(
        button("move", name, f"<b>{sign}</b>{key(cap)}", f"{title} ({cap})", "choice")
        for name, (sign, title, cap) in words.MOVES.items()
    )
    copies = "".join(
        button(
            "copy", label, words.CLASS_NAMES[label], f"{words.COPY_TITLE} {words.CLASS_NAMES[label].lower()}", "choice"
        )
        for label in range(LESION + 1, len(words.CLASS_NAMES))
    )
    return (
        f'<button type="button" class="tool" popovertarget="lesion-menu">{words.LESION_MENU} ▴</button>'
        f'<div popover id="lesion-menu" class="menu"><div class="segment">{moves}</div>'
        f"<h2>{words.COPY_TITLE}</h2>{copies}</div>"
    )


def picture_pane() -> str:
    """The picture with its badges and what it is held against; one line of plain words below."""
    comparisons = "".join(
        button("compare", name, f"{label}{key('C') if not position else ''}", title)
        for position, (name, (label, title)) in enumerate(words.COMPARISONS.items())
    )
    comparisons += button("act", "pin", f"Pin {key('Y')}", words.PIN_TITLE)
    return (
        f'<section class="pane"><div class="bar">{comparisons}<span class="space"></span>'
        '<span class="ita" data-part="ita" title="Individual typology angle of the skin, measured on the picture">'
        '</span></div><div class="view"><canvas data-pane="picture" aria-label="Picture"></canvas>'
        f'<p class="empty" data-part="empty">{escape(str(words.for_page()["empty"]["waiting"]))}</p>'
        '<div class="tags"><span class="tag" data-part="synthetic" hidden>Synthetic</span>'
        '<span class="tag" data-part="note" hidden></span>'
        '<span class="tag" data-part="reference" hidden></span></div>'
        f'<span class="tag" data-part="now" hidden>{words.NOW}</span>'
        '<span class="tag stale" data-part="stale" hidden></span></div>'
        f'<div class="under"><span data-part="message" aria-live="polite">{words.COACH}</span>'
        f"{photo_menu()}</div></section>"
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
    """The history, open and save."""
    return (
        f'<footer><div class="film" data-part="film" role="group" aria-label="{words.FILM}">'
        f"<span>{words.FILM_HINT}</span></div>"
        f"{starters()}{export_menu()}"
        f"{button('act', 'open', words.OPEN + ' ' + key('Ctrl O'), words.OPEN_TITLE, 'button')}"
        f"{button('act', 'save', 'Save picture ' + key('Ctrl S'), 'Save picture (Ctrl+S)', 'button primary')}"
        '<input type="file" accept="image/*,.zip,.json" multiple data-part="file" hidden></footer>'
    )


def export_menu() -> str:
    """The other forms in which the case can be saved."""

    def forms(with_photo: bool) -> str:
        return "".join(
            f'<div data-takes="{form.shows}">{choice}</div>' if form.shows else choice
            for name, form in list(service.FORMS.items())[1:]  # the first is what "Save picture" saves
            if form.holds_photo == with_photo
            for choice in (button("form", name, form.title, f"Save: {form.title.lower()}", "choice"),)
        )

    return (
        f'<button type="button" class="button" popovertarget="export-menu" title="{words.EXPORT_TITLE}">{words.EXPORT} ▴'
        f'</button><div popover id="export-menu" class="menu">{forms(False)}'
        f'<div data-part="photo-forms" hidden>{forms(True)}</div></div>'
    )


def starters() -> str:
    """Finished cases to start from; the one on the canvas comes back by undo."""
    options = "".join(f'<option value="{name}">{name.capitalize()}</option>' for name in service.STARTER_NAMES)
    options += f'<option value="blank">{words.BLANK}</option>'
    return (
        f'<select data-part="starter" aria-label="{words.STARTERS}" title="{words.STARTERS_TITLE}">'
        f"<option disabled selected>{words.STARTERS}</option>{options}</select>"
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


def markup(generators: tuple[service.Generator, ...], samplers: tuple[service.NoiseGenerator, ...]) -> str:
    """The page's HTML, static."""
    side = palette() + conditions(generators) + certainty() + appearance() + generator(generators) + seed()
    return (
        f'<div class="moulage">{header()}<div class="work" data-screen="studio"><aside class="side">{side}</aside>'
        f"{map_pane()}{picture_pane()}"
        f"{tone_strip()}{footer()}</div>{sweeps.screen()}{samples.screen(samplers)}{library.drawer()}{key_sheet()}"
        f'<div class="veil" data-part="veil" hidden><p>{words.DROP_HINT}</p></div></div>'
    )


def page(generators: tuple[service.Generator, ...], samplers: tuple[service.NoiseGenerator, ...]) -> gr.Blocks:
    """The Studio as a Gradio app. generators: those that can paint live, the first one chosen. samplers: those from noise."""
    setup = {
        "words": words.for_page(),
        "palette": list(theme.PALETTE),
        "conditions": {one.name: list(one.conditions) for one in generators},
        "inks": list(theme.CONDITION_INKS),
        "samplers": [asdict(one) for one in samplers],
    }
    with gr.Blocks(title=words.PRODUCT, analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        LabelEditor(markup(generators, samplers), setup, elem_id="studio")
    return blocks
