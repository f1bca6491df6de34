"""What the statistics of a run say is going wrong, in words; pure functions of its last lines.

`G.variety` is how much generated pictures differ from each other, over how much photos do (`noise.variety`);
`D.told_apart` the share of pairs in which the photo scores above the generated picture (`noise.told_apart`). A further part
of the name, such as a pyramid's level, says whose it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

WINDOW = 15  # lines, 300 steps: a median over them forgives the noise of single batches
COLLAPSED = 0.35  # of the photos' own variety; two halves of the photos differ from 1 by under 0.1
OVERPOWERED = 0.995  # of all pairs told apart, so that hardly one teaches the generator which way to go

JUDGED_IMAGES = 2000  # over so many images a judge that learns nothing, or all, is one
BLIND, FLAWLESS = 0.6, 0.99  # AUC of whole windows: 0.5 is a guess; AUC of single places: 1 leaves no way to go
LONGEST_CURVE = 1000  # measurements kept, more than 2,000 images take


def judging_warnings(curve: Iterable[tuple[int, Mapping[str, float]]]) -> tuple[str, ...]:
    """A sentence for every judge that, over the last JUDGED_IMAGES images, told nothing apart or everything.

    curve: (images seen, "D.auc.NAME" and "D.auc_places.NAME" of each judge), in order; nothing before there are as many images.
    """
    points = list(curve)
    start = next((k for k in reversed(range(len(points))) if points[-1][0] - points[k][0] >= JUDGED_IMAGES), None)
    if start is None:
        return ()
    lately = [values for _, values in points[start:]]
    return (*_blindness(lately), *_flawlessness(lately))


def _blindness(lately: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for whose, values in _curves(lately, "D.auc."):
        if median(values) < BLIND:
            yield (
                f"the discriminator {whose} learns nothing: AUC {median(values):.2f} on held-out photos, where 0.5 is a guess; "
                "give it model.detail=8 and an unbounded model.discriminator_norm, or raise its rate."
            )


def _flawlessness(lately: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for whose, values in _curves(lately, "D.auc_places."):
        if min(values) >= FLAWLESS:
            yield (
                f"the discriminator {whose} is never wrong: place by place its AUC on held-out photos is {min(values):.3f} "
                "and above; lower its rate, or the generator learns no more from it."
            )


def _curves(lately: Sequence[Mapping[str, float]], prefix: str) -> Iterator[tuple[str, list[float]]]:
    for name in sorted({name for values in lately for name in values if name.startswith(prefix)}):
        yield name.removeprefix(prefix), [values[name] for values in lately if name in values]


def warnings_of(lines: Iterable[Mapping[str, float]]) -> tuple[str, ...]:
    """A sentence for everything that the last WINDOW lines show to be wrong; nothing before there are as many."""
    last = list(lines)[-WINDOW:]
    return (*_collapse(last), *_overpowering(last)) if len(last) == WINDOW else ()


def _collapse(lines: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for whose, value in _medians(lines, "G.variety"):
        if value < COLLAPSED:
            yield (
                f"mode collapse{whose}: generated pictures differ from each other by {value:.0%} of what photos do; "
                "go back to an earlier snapshot, lower train.lr_generator, or set model.diffaugment=true where there is one."
            )


def _overpowering(lines: Sequence[Mapping[str, float]]) -> Iterator[str]:
    for whose, value in _medians(lines, "D.told_apart"):
        if value >= OVERPOWERED:
            yield (
                f"the discriminator overpowers the generator{whose}: it tells {value:.1%} of all pairs apart; lower "
                "train.lr_discriminator, or set model.diffaugment=true where there is one."
            )


def _medians(lines: Sequence[Mapping[str, float]], name: str) -> Iterator[tuple[str, float]]:
    """(" of level0" or nothing, median) for every statistic of that name which all lines have."""
    for key in sorted({key for line in lines for key in line if key == name or key.startswith(f"{name}.")}):
        values = [line[key] for line in lines if key in line]
        if len(values) == len(lines):
            rest = key.removeprefix(name).removeprefix(".")
            yield (f" of {rest}" if rest else "", median(values))
