"""The one finder of photos and masks in folders: blind to the case of letters, to what a file system leaves, to suffixes.

A photo, its masks and its rows in tables belong together when their names have the same `key`.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import EngineError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".jp2", ".j2k", ".dcm")
DOWNSAMPLED = "_downsampled"  # of some photos of the ISIC Archive, whose masks and rows may be named without
MASK_ENDS = ("_segmentation", "_mask", "_lesion")  # ISIC's, many programs', and PH2's
LEAVINGS = ("thumbs.db", "desktop.ini")  # and whatever begins with a dot, such as `._name` and `.DS_Store`


def photos(folder: Path) -> list[Path]:
    """The photos of a folder in order of name; masks, superpixel maps and hidden files are none.

    A link that leads nowhere is listed, so that whoever reads it names it.
    """
    return sorted((f for f in _pictures(folder, "*") if not is_mask(f)), key=lambda file: file.stem)


def photos_below(folder: Path) -> list[Path]:
    """The photos of a folder and of the folders in it, in order of path; hidden folders are passed by."""
    return sorted(f for f in _pictures(folder, "**/*") if not is_mask(f))


def folders(root: Path, pattern: str) -> list[Path]:
    """The folders directly in `root` whose names fit the pattern, in order of name."""
    there = sorted(root.iterdir()) if root.is_dir() else []
    return [f for f in there if f.is_dir() and not _left(f) and fnmatchcase(f.name.lower(), pattern.lower())]


def file(root: Path, name: str) -> Path:
    """The file of that name directly in `root`, whatever its letters' case; where there is none, the place to look for it."""
    there = sorted(root.iterdir()) if root.is_dir() else []
    return next((f for f in there if f.name.lower() == name.lower() and f.is_file()), root / name)


def key(name: str) -> str:
    """What a photo's name, a mask's without its end, and an id in a table have in common."""
    stem = name.replace("\\", "/").rpartition("/")[2]
    suffix = Path(stem).suffix
    stem = stem.removesuffix(suffix) if suffix.lower() in SUFFIXES else stem
    return stem.lower().removesuffix(DOWNSAMPLED)


def by_key(files: Iterable[Path]) -> dict[str, Path]:
    """Key → photo. Two photos of one key are an EngineError, since which is meant cannot be told."""
    return _once((key(f.name), f) for f in files)


def masks(inside: Iterable[Path], ends: tuple[str, ...]) -> dict[str, Path]:
    """Key → mask, of the files in folders whose names end so; an end "" takes the others by their whole names."""
    return _once((key(stem), f) for one in inside for f in _pictures(one, "*") for stem in _without(f, ends))


def is_mask(file: Path) -> bool:
    """Whether a file of a data set is a mask or a map beside a photo, by its name."""
    stem = file.stem.lower()
    return stem.endswith(("_segmentation", "_mask", "_superpixels")) or "_attribute_" in stem


def _without(file: Path, ends: tuple[str, ...]) -> list[str]:
    """The name without its suffix and the first of the ends that fits; nothing where none does."""
    stem = file.stem
    return [stem[: len(stem) - len(end)] for end in ends if stem.lower().endswith(end)][:1]


def _pictures(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    return [
        f
        for f in found
        if f.suffix.lower() in SUFFIXES
        and (f.is_symlink() or f.is_file())
        and not any(_left(Path(part)) for part in f.relative_to(folder).parts)
    ]


def _left(path: Path) -> bool:
    return path.name.startswith((".", "__MACOSX")) or path.name.lower() in LEAVINGS


def _once(pairs: Iterable[tuple[str, Path]]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name, path in pairs:
        if found.setdefault(name, path) != path:
            raise EngineError(
                f"{found[name].name} and {path.name} in {path.parent} go by the same name, '{name}'; leave one of them."
            )
    return found
