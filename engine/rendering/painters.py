"""Every trained generator that paints a case, behind one door; each is loaded when it is first asked for."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import Case
from engine.cases.examples import FIRST
from engine.config import Control, suggestion
from engine.errors import EngineError
from engine.rendering.painter import DEFAULT, LivePicture, Painter, Rendered, TonePicture
from engine.training import presets
from engine.training.presets import FAMILIES, Preset


@dataclass(frozen=True)
class PainterInfo:
    """What a screen needs to know of a generator.

    conditions: what its boxes may show; empty where it takes a lesion map. controls: what is set by hand. settings: names of
    all that a case says to it.
    """

    name: str
    title: str
    size: tuple[int, int]
    conditions: tuple[str, ...]
    controls: tuple[Control, ...] = ()
    settings: tuple[str, ...] = ()


def live_generators() -> tuple[PainterInfo, ...]:
    """The trained presets that paint maps or boxes, the default first."""
    trained = [presets.load(name) for name in presets.names() if presets.weights_path(name)]
    found = [_info(preset) for preset in trained if preset.capabilities.takes in ("map", "boxes")]
    return tuple(sorted(found, key=lambda generator: (generator.name != DEFAULT, generator.name)))


def _info(preset: Preset) -> PainterInfo:
    shows, request = preset.capabilities, FAMILIES[preset.family].request
    settings = tuple(field.name for field in fields(request))
    return PainterInfo(preset.name, preset.title, preset.size, shows.conditions, shows.controls, settings)


class Painters:
    """The generators by name. A case is painted by the one it names."""

    def __init__(self, device: str = "cpu") -> None:
        self._painters = {generator.name: Painter(generator.name, device) for generator in live_generators()}

    def starter_case(self, name: str = FIRST, generator: str = DEFAULT) -> Case:
        """A finished case to start from, for one of the generators."""
        return self._named(generator).starter_case(name)

    def render_live(self, case: Case, client: str, seq: int) -> LivePicture | None:
        """See `Painter.render_live`."""
        return self._named(case.generator).render_live(case, client, seq)

    def paint(self, case: Case) -> LivePicture:
        """See `Painter.paint`."""
        return self._named(case.generator).paint(case)

    def strip(self, case: Case) -> list[TonePicture]:
        """See `Painter.strip`."""
        return self._named(case.generator).strip(case)

    def matched(self, case: Case, photo: NDArray[np.uint8]) -> dict[str, Any]:
        """See `Painter.matched`."""
        return self._named(case.generator).matched(case, photo)

    def render(self, case: Case) -> Rendered:
        """See `Painter.render`."""
        return self._named(case.generator).render(case)

    def leave(self, client: str) -> None:
        """Forget a client that went away."""
        for painter in self._painters.values():
            painter.leave(client)

    def _named(self, name: str) -> Painter:
        if name not in self._painters:
            raise EngineError(f"the generator '{name[:60]}' does not paint here; {suggestion(name, self._painters)}")
        return self._painters[name]
