"""The Library drawer: search, chips, the kept cases, and what is done with the chosen ones."""

from typing import Final

from engine.labels import LESION, MARKERS
from studio import words
from studio.pages.controls import button, key

TONES: Final = ("I", "II", "III", "IV", "V", "VI")


def drawer() -> str:
    """The Library, over the right of the page."""
    chips = "".join(
        f'<button type="button" class="chip" data-word="{word}" aria-pressed="false">{label}</button>'
        for word, label in (
            *zip(MARKERS, words.CLASS_NAMES[LESION + 1 :], strict=True),
            *zip(TONES, TONES, strict=True),
        )
    )
    return (
        f'<aside class="drawer" data-part="library" aria-label="{words.LIBRARY}" hidden><div class="search">'
        f'<input type="search" data-part="library-words" placeholder="{words.LIBRARY_SEARCH}" '
        f'aria-label="{words.LIBRARY_SEARCH}" autocomplete="off" spellcheck="false">'
        f"{button('act', 'library-close', key('Esc'), 'Close the Library (Esc)', 'bare')}</div>"
        f'<div class="chips">{chips}</div><div class="shelf"><p data-part="library-empty"></p>'
        f'<div class="kept" data-part="kept" role="list" aria-label="{words.LIBRARY}"></div></div>'
        '<p class="note" data-part="library-note" aria-live="polite"></p>'
        '<div class="foot"><span data-part="library-count"></span><span class="space"></span>'
        f"{button('act', 'library-all', words.LIBRARY_ALL, f'{words.LIBRARY_ALL} (Ctrl+A)')}"
        f"{button('act', 'library-delete', words.LIBRARY_DELETE, words.LIBRARY_DELETE)}"
        f"{button('act', 'library-export', words.LIBRARY_EXPORT, words.LIBRARY_EXPORT_TITLE, 'button')}</div></aside>"
    )
