"""The Sweeps screen: the studio's case over two axes, cell by cell."""

from html import escape

from engine import service
from studio import words
from studio.pages.controls import button


def axis(name: str, title: str) -> str:
    """Which axis, and its values as text."""
    options = "".join(f'<option value="{key}">{escape(axis.title)}</option>' for key, axis in service.AXES.items())
    return (
        f'<label class="axis"><span>{title}</span><select data-axis="{name}" aria-label="{title}">{options}</select>'
        f'<input data-values="{name}" aria-label="{title}: {words.VALUES}" title="{words.VALUES_TITLE}" '
        'autocomplete="off" spellcheck="false"></label>'
    )


def screen() -> str:
    """The whole screen; its cells come from the script."""
    return (
        '<section class="sweeps" data-screen="sweeps" hidden>'
        f'<div class="bar">{axis("x", words.ACROSS)}{axis("y", words.DOWN)}<span class="space"></span>'
        f'<span class="progress" data-part="sweep-state" aria-live="polite"></span>'
        f"{button('act', 'sweep', words.SWEEP_RUN, words.SWEEP_RUN_TITLE, 'button')}"
        f"{button('act', 'sweep-save', words.SWEEP_SAVE, words.SWEEP_SAVE_TITLE, 'button primary')}</div>"
        f'<div class="grid" data-part="grid" role="group" aria-label="{words.SWEEPS}"></div>'
        f'<p class="hint">{words.SWEEP_HINT}</p></section>'
        f'<dialog class="pair" data-part="pair" aria-label="{words.PAIR}"><form method="dialog">'
        '<div class="stack"><canvas data-part="pair-left"></canvas><canvas data-part="pair-right"></canvas></div>'
        f'<p><span data-part="pair-left-name"></span><input type="range" data-part="pair-divider" min="0" max="100" '
        f'value="50" aria-label="{words.PAIR}"><span data-part="pair-right-name"></span></p>'
        "<button>Close</button></form></dialog>"
    )
