"""What the screens need of whoever paints."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine import service


class Painter(Protocol):
    """What the routes need of `engine.service.Painters`."""

    def starter_case(self, name: str = ..., generator: str = ...) -> service.Case:
        """A case to start from."""
        ...

    def render_live(self, case: service.Case, client: str, seq: int) -> service.LivePicture | None:
        """The newest case's picture, or None if it is no longer the newest."""
        ...

    def strip(self, case: service.Case) -> list[service.TonePicture]:
        """Six tones."""
        ...

    def paint(self, case: service.Case) -> service.LivePicture:
        """One picture for whoever waits for it."""
        ...

    def matched(self, case: service.Case, photo: NDArray[np.uint8]) -> dict[str, Any]:
        """The settings nearest to a photo's colours."""
        ...

    def render(self, case: service.Case) -> service.Rendered:
        """A picture to keep."""
        ...

    def leave(self, client: str) -> None:
        """A client went away."""
        ...
