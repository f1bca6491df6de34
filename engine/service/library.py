"""The Library from outside: a case is painted and kept, a choice of kept cases becomes a data set."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine import formats
from engine.data.export import Kept as Saved
from engine.data.export import files_of, write_folder, write_zip
from engine.errors import EngineError
from engine.formats import read_provenance
from engine.paths import user_data
from engine.rendering.painter import Rendered
from engine.service.render import Written
from engine.service.requests import SILENT, ExportLibraryRequest, Watch
from engine.stores.library import Kept, Library
from engine.training.presets import read_case


def user_folder() -> Path:
    """Where this user's own things are: drafts, Library, opened photos, indexes."""
    return user_data("library").parent


def library_folder() -> Path:
    """Where this user's Library is."""
    return user_data("library")


def keep(library: Library, rendered: Rendered) -> Kept:
    """Keep a rendered picture with its case."""
    return library.keep(formats.picture_bytes(rendered.picture, rendered.provenance))


def kept_sample(library: Library, name: str) -> dict[str, Any]:
    """What made a kept sample, as `service.wished` reads it."""
    sample = read_provenance(library.read(name)).get("sample")
    if not isinstance(sample, dict):
        raise EngineError(f"'{name}' is no sample from noise.")
    return sample


def export_library(request: ExportLibraryRequest, watch: Watch = SILENT) -> Written:
    """Write the kept cases that answer the words as a data set."""
    library = Library(request.folder or library_folder())
    names = [kept.id for kept in library.entries(" ".join(request.words))]
    return Written((export_kept(library, names, request.out, watch),))


def export_kept(library: Library, names: Sequence[str], out: Path, watch: Watch = SILENT) -> Path:
    """Write kept cases as a data set in ISIC 2018's layout: a zip file where `out` ends in .zip, else a folder."""
    if not names:
        raise EngineError("no kept case is chosen; a data set has one at least.")

    def pictures() -> Iterator[Saved]:
        for done, name in enumerate(names, start=1):
            data = library.read(name)
            provenance = read_provenance(data)
            if "case" not in provenance:
                raise EngineError(f"'{name}' is a sample from noise; a data set is made of cases alone.")
            yield Saved(name, data, provenance, read_case(provenance["case"], f"the kept picture '{name}'"))
            watch.progress(done, len(names))

    if out.suffix == ".zip":
        write_zip(files_of(pictures()), out, out.stem)
    else:
        write_folder(files_of(pictures()), out)
    return out
