"""Every trained generator that paints a case, behind one door; each is loaded when it is first asked for."""

from dataclasses import dataclass

from engine import presets
from engine.case import Case
from engine.config import suggestion
from engine.configs import DATA, CropsData, PlanesData
from engine.errors import EngineError
from engine.service.studio import DEFAULT, Frame, Rendered, Studio, TonePicture
from engine.starter import FIRST


@dataclass(frozen=True)
class Generator:
    """What a screen needs to know of a generator. conditions: what its boxes may show; empty where it takes a lesion map."""

    name: str
    title: str
    size: tuple[int, int]
    conditions: tuple[str, ...]


def live_generators() -> tuple[Generator, ...]:
    """The trained presets that paint maps or boxes, the default first."""
    found = [
        Generator(preset.name, preset.title, preset.size, tuple(getattr(preset.model, "conditions", ())))
        for preset in map(presets.load, presets.names())
        if DATA[preset.family] in (PlanesData, CropsData) and presets.weights_path(preset.name)
    ]
    return tuple(sorted(found, key=lambda generator: (generator.name != DEFAULT, generator.name)))


class Studios:
    """The generators by name. A case is painted by the one it names."""

    def __init__(self, device: str = "cpu") -> None:
        self._studios = {generator.name: Studio(generator.name, device) for generator in live_generators()}

    def starter_case(self, name: str = FIRST, generator: str = DEFAULT) -> Case:
        """A finished case to start from, for one of the generators."""
        return self._named(generator).starter_case(name)

    def render_live(self, case: Case, client: str, seq: int) -> Frame | None:
        """See `Studio.render_live`."""
        return self._named(case.generator).render_live(case, client, seq)

    def paint(self, case: Case) -> Frame:
        """See `Studio.paint`."""
        return self._named(case.generator).paint(case)

    def strip(self, case: Case) -> list[TonePicture]:
        """See `Studio.strip`."""
        return self._named(case.generator).strip(case)

    def render(self, case: Case) -> Rendered:
        """See `Studio.render`."""
        return self._named(case.generator).render(case)

    def leave(self, client: str) -> None:
        """Forget a client that went away."""
        for studio in self._studios.values():
            studio.leave(client)

    def _named(self, name: str) -> Studio:
        if name not in self._studios:
            raise EngineError(f"the generator '{name[:60]}' does not paint here; {suggestion(name, self._studios)}")
        return self._studios[name]
