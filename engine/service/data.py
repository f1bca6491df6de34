"""Looking at data folders: what is wrong with one, and the index by which its nearest photo is found."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.service.requests import SILENT, CheckRequest, IndexRequest, Watch

if TYPE_CHECKING:
    from engine.data.check import Report


@dataclass(frozen=True)
class Indexed:
    """What was indexed. path: the index itself, which holds embeddings and file names, no picture. left_out: why photos
    that could not be read are not in it."""

    data: str
    photos: int
    path: Path
    left_out: tuple[str, ...] = ()

    def sentence(self) -> str:
        """For people."""
        said = f"\n{len(self.left_out)} left out, first: {self.left_out[0]}" if self.left_out else ""
        return f"{self.photos:,} photos of {self.data}: {self.path}{said}"


def check_data(request: CheckRequest, watch: Watch = SILENT) -> "Report":
    """Everything that is wrong with a data folder."""
    from engine.data.check import check

    return check(request.folder, request.labels, watch.progress)


def index_data(request: IndexRequest, watch: Watch = SILENT, folder: Path | None = None) -> Indexed:
    """Embed every photo of a data folder, or of any folder, so that the nearest to a picture can be looked up.

    A try that was stopped, or a folder to which photos were added, goes on with what is there. folder: of the index, where it
    is not the user's own.
    """
    from engine.data import finder
    from engine.data.readers import registry
    from engine.stores import photo_indexes

    root = request.folder
    if not root.is_dir():
        raise EngineError(f"{root} is no folder; a data folder is needed.")
    out = photo_indexes.index_path(root, folder)
    if request.labels is None and registry.layout_of(root) is None:  # a photo is enough to be looked up
        files = [(file.relative_to(root).as_posix(), file) for file in finder.photos_below(root)]
    else:
        files = [(record.id, record.picture) for record in registry.read(root, request.labels, registry.ALL).records]
    index = photo_indexes.build(root.resolve().name, files, out, watch.progress)
    return Indexed(index.data, len(index.ids), out, index.left_out)


def shown_photo(path: Path, longest_px: int) -> NDArray[np.uint8]:
    """A photo whose longer side is `longest_px` at most. Raises EngineError where it is gone or damaged."""
    from engine.photos.reading import load_picture
    from engine.pixels import resize_picture

    photo = load_picture(path)
    scale = min(1.0, longest_px / max(photo.shape[:2]))
    return resize_picture(photo, round(photo.shape[1] * scale), round(photo.shape[0] * scale))
