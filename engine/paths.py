"""Where files lie, and how one is written: the only place that knows a user's own folders and the shipped presets."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import EngineError

OWNER_ONLY, OWNERS_FOLDER = 0o600, 0o700  # of files and folders that nobody else on the machine may read
CHECKOUT = Path(__file__).resolve().parent.parent
PRESETS = CHECKOUT / "presets" if (CHECKOUT / "presets").is_dir() else CHECKOUT / "engine" / "_presets"
"""The shipped presets, in a checkout or in an installed copy."""


def user_data(name: str) -> Path:
    """A folder of the user's own things, such as the Library: below the system's folder for data."""
    from platformdirs import user_data_path

    return user_data_path("moulage") / name


def user_cache(name: str) -> Path:
    """A folder or file whose loss costs time only: below the system's folder for caches."""
    from platformdirs import user_cache_path

    return user_cache_path("moulage") / name


def read_bytes(path: Path) -> bytes:
    """The whole file; one that cannot be read is one sentence."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write beside the target, flush to disk, then rename: a full disk or a killed process leaves the old file whole."""
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    except OSError as error:
        raise EngineError(
            f"{path} could not be written ({error.strerror}); what was there before is untouched."
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def owners_folder(folder: Path) -> None:
    """Make a folder that nobody else on the machine may look into; one that cannot be made is one sentence."""
    try:
        folder.mkdir(mode=OWNERS_FOLDER, parents=True, exist_ok=True)
        folder.chmod(OWNERS_FOLDER)
    except OSError as error:
        raise EngineError(f"{folder} cannot be written to: {error.strerror}.") from error


def check_new_folder(out: Path, option: str = "--out") -> None:
    """Refuse a place that holds something already; `option` is how the user named it."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise EngineError(f"{option} {out} is there and not empty; a new or empty folder is needed.")


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the name `folder` when all went well and is gone when not.

    Raises EngineError where the disk is full or may not be written to.
    """
    half_made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        half_made = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
        yield half_made
        os.replace(half_made, folder)
    except OSError as error:
        raise EngineError(f"{folder.parent} cannot be written to: {error.strerror}.") from error
    finally:
        if half_made is not None:
            shutil.rmtree(half_made, ignore_errors=True)
