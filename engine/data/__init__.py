"""Data sets: folders on disk → records. READERS is the one list of layouts."""

from collections.abc import Callable
from pathlib import Path

from engine.data import isic
from engine.data.records import Manifest, excluding
from engine.errors import EngineError

Reader = Callable[[Path, Path | None, str], Manifest]

READERS: dict[str, Reader] = {layout.name: isic.read for layout in isic.LAYOUTS}


def read(
    root: Path, labels: Path | None = None, split_scheme: str = "isic2017", exclude: tuple[str, ...] = ()
) -> Manifest:
    """Read a data folder whose layout its own file names tell.

    labels: ISIC 2017 part-3 CSV (image_id, melanoma, seborrheic_keratosis and, optionally, split); None looks for one
    named `<root's parent>/isic2018_labels.csv` or a challenge file in the root. split_scheme: "isic2017" or "bissoto".
    """
    if not root.is_dir():
        raise EngineError(f"{root} is not a folder; a data folder in the ISIC 2016, 2017 or 2018 layout is expected.")
    if labels is not None and not labels.is_file():
        raise EngineError(f"the label file {labels} does not exist.")
    layout = isic.layout_of(root)
    if layout is None:
        raise EngineError(f"{root} has no known layout; known are {', '.join(READERS)}.")
    return excluding(READERS[layout.name](root, labels, split_scheme), exclude)
