"""The Library from outside: a case is painted and kept, a choice of kept cases becomes a data set."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from platformdirs import user_data_path

from engine import formats
from engine.errors import EngineError
from engine.library import Kept, Library
from engine.service.studio import Rendered

Progress = Callable[[int, int], None]


def library_folder() -> Path:
    """Where this user's Library is."""
    return user_data_path("moulage") / "library"


def keep(library: Library, rendered: Rendered) -> Kept:
    """Keep a rendered picture with its case."""
    return library.keep(formats.picture_bytes(rendered.picture, rendered.provenance))


def export_library(
    library: Library, names: Sequence[str], out: Path, progress: Progress = lambda done, total: None
) -> Path:
    """Write kept cases as a data set in ISIC 2018's layout: a zip file where `out` ends in .zip, else a folder."""
    from engine.data.export import files_of, write_folder, write_zip

    if not names:
        raise EngineError("no kept case is chosen; a data set has one at least.")

    def pictures() -> Iterator[tuple[str, bytes]]:
        for done, name in enumerate(names, start=1):
            yield name, library.read(name)
            progress(done, len(names))

    if out.suffix == ".zip":
        write_zip(files_of(pictures()), out, out.stem)
    else:
        write_folder(files_of(pictures()), out)
    return out
