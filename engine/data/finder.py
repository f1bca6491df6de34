"""The one finder of photos in a folder; masks and superpixel maps that lie beside them are told by their names."""

from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")


def photos(folder: Path) -> list[Path]:
    """The photos of a folder in order of name; masks, superpixel maps and hidden files are none."""
    files = [f for f in folder.glob("[!.]*.*") if f.suffix.lower() in SUFFIXES and not is_mask(f)]
    return sorted(files, key=lambda file: file.stem)


def by_stem(folder: Path) -> dict[str, Path]:
    """Name without suffix → picture file, masks included; nothing where there is no such folder."""
    files = sorted(folder.glob("[!.]*.*")) if folder.is_dir() else []
    return {f.stem: f for f in files if f.suffix.lower() in SUFFIXES}


def is_mask(file: Path) -> bool:
    """Whether a file of a data set is a mask or a map beside a photo, by its name."""
    stem = file.stem.lower()
    return stem.endswith(("_segmentation", "_superpixels")) or "_attribute_" in stem
