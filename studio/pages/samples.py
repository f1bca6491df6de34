"""The Sample screen: pictures from noise, alone or with their masks, and what lies between them."""

from html import escape

from engine import service
from studio import words
from studio.pages.controls import button, icon


def screen(generators: tuple[service.NoiseGenerator, ...]) -> str:
    """The whole screen; its tiles come from the script."""
    if not generators:
        return f'<section class="samples" data-screen="sample" hidden><p class="hint">{words.NO_SAMPLERS}</p></section>'
    return (
        f'<section class="samples" data-screen="sample" hidden>{wishes(generators)}'
        f'<div class="tiles" data-part="tiles" role="group" aria-label="{words.SAMPLES}"></div>'
        f'<p class="hint"><code data-part="sample-command"></code><span class="space"></span>{words.SAMPLE_HINT}</p>'
        f"</section>{large()}"
    )


def wishes(generators: tuple[service.NoiseGenerator, ...]) -> str:
    """What is asked for, in one row."""
    options = "".join(f'<option value="{escape(one.name)}">{escape(one.title)}</option>' for one in generators)
    return (
        '<div class="bar">'
        f'<select data-wish="preset" aria-label="{words.GENERATOR}">{options}</select>'
        f'<select data-wish="diagnosis" aria-label="{words.DIAGNOSIS}" hidden></select>'
        f'<label class="axis">{words.COUNT}<input data-wish="count" inputmode="numeric" maxlength="3" value="24" '
        'autocomplete="off"></label>'
        f'<label class="axis">{words.SEED}<input data-wish="seed" inputmode="numeric" maxlength="20" value="1" '
        'autocomplete="off"></label>'
        f"{button('act', 'sample-dice', icon('dice'), words.SAMPLE_DICE, 'mini')}"
        f'<label class="axis" data-part="truncation" title="{words.TRUNCATION_TITLE}">{words.TRUNCATION}'
        '<input type="range" data-wish="truncation" min="0.3" max="3" step="0.1" value="3"><output></output></label>'
        f"{button('act', 'sample-mask', words.MASK, words.MASK_TITLE, 'tool')}"
        '<span class="space"></span><span class="progress" data-part="sample-state" aria-live="polite"></span>'
        f"{button('act', 'sample', words.SAMPLE_RUN, words.SAMPLE_RUN_TITLE, 'button primary')}"
        f'<label class="axis">{words.EXPORT_COUNT}<input data-wish="export" inputmode="numeric" maxlength="4" value="200" '
        f'autocomplete="off"></label>'
        f"{button('act', 'sample-export', words.SAMPLE_EXPORT, words.SAMPLE_EXPORT_TITLE, 'button')}</div>"
    )


def large() -> str:
    """One sample, large, with the nearest real photo beside it and the way to another sample."""
    return (
        f'<dialog class="large" data-part="large" aria-label="{words.SAMPLE}"><div class="beside">'
        '<figure><canvas data-part="large-picture"></canvas><figcaption data-part="large-name"></figcaption></figure>'
        '<figure><img data-part="real-picture" alt="" hidden><p class="none" data-part="real-none"></p>'
        '<figcaption data-part="real-name" aria-live="polite"></figcaption></figure></div>'
        f'<div class="way"><label class="axis">{words.TOWARDS}<input data-part="towards" inputmode="numeric" '
        'maxlength="20" autocomplete="off"></label>'
        f'<input type="range" data-part="share" min="0" max="100" value="0" aria-label="{words.SHARE}" '
        f'title="{words.SHARE}"><output data-part="share-value">0 %</output>'
        f"{button('act', 'sample-loop', 'GIF', words.LOOP_TITLE, 'button')}</div>"
        '<p class="hint"><code data-part="large-command"></code></p>'
        '<div class="foot">'
        f"{button('act', 'sample-before', icon('previous'), words.SAMPLE_BEFORE, 'mini')}"
        f"{button('act', 'sample-after', icon('next'), words.SAMPLE_AFTER, 'mini')}"
        f'<span class="progress" data-part="large-state" aria-live="polite"></span><span class="space"></span>'
        f"{button('act', 'sample-more', words.MORE, words.MORE_TITLE, 'button')}"
        f"{button('act', 'sample-save', words.SAMPLE_SAVE, words.SAMPLE_SAVE_TITLE, 'button primary')}"
        f"{button('act', 'sample-close', words.CLOSE, f'{words.CLOSE} (Esc)', 'button')}</div></dialog>"
    )
