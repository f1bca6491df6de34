"""Folders that are there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes the name `folder` when all went well and is gone when not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    half_made = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    try:
        yield half_made
        os.replace(half_made, folder)
    finally:
        shutil.rmtree(half_made, ignore_errors=True)
