"""Two hundred random strokes at random zooms and device pixel ratios: what the engine receives is what numpy replays."""

import numpy as np
import pytest
import rasteriser

STROKES = 50  # for each of four ratios
TOOLS = {"b": rasteriser.painted, "e": rasteriser.erased}


def random_view(studio, random):
    """Zoom and pan by the wheel and the middle button, as a hand does."""
    mouse = studio.page.mouse
    if studio.view()["scale"] > 12:
        studio.choose(["f"])
    mouse.move(*inside_the_pane(studio, random))
    mouse.wheel(0, float(random.uniform(-700, 350)))
    mouse.down(button="middle")
    mouse.move(*inside_the_pane(studio, random))
    mouse.up(button="middle")


def inside_the_pane(studio, random, rim=3):
    """A client point over the map pane, on the map or beside it."""
    box = studio.frame()
    return tuple(
        box[a] + rim + random.uniform() * (box[side] - 2 * rim) for a, side in (("x", "width"), ("y", "height"))
    )


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "ratio", [pytest.param(0.8, marks=SLOW), pytest.param(1, marks=SLOW), 1.5, pytest.param(2.625, marks=SLOW)]
)
def test_random_strokes_are_exact(opened, plain, ratio):
    random = np.random.default_rng(round(1000 * ratio))
    studio = opened(plain, 1280, 720, ratio)
    expected = studio.cells()
    for _ in range(STROKES):
        random_view(studio, random)
        tool, label, size = random.choice(["b", "b", "e"]), int(random.integers(1, 8)), int(random.integers(1, 60))
        studio.choose([tool, str(label)])
        studio.size(size)
        first, *rest = (inside_the_pane(studio, random) for _ in range(3))
        studio.page.mouse.move(*first)
        studio.page.mouse.down()
        for point in rest:
            studio.page.mouse.move(*point, steps=2)
        path = studio.path()
        studio.page.mouse.up()
        inside = rasteriser.stroke(expected.shape, path, size / 2)
        expected = TOOLS[tool](expected, inside, label)

    studio.settle()
    differs = studio.both() != expected
    assert not differs.any(), f"{np.count_nonzero(differs)} pixels off"
    assert len(np.unique(expected)) > 10, "the strokes overlap in many ways"
