"""argv → one request → print. A user's mistake is one sentence on stderr and exit code 2, never a traceback."""

import sys
from typing import NoReturn

from engine.cli import commands
from engine.cli.app import app
from engine.errors import EngineError

__all__ = ["commands", "main"]


def main() -> None:
    """Entry point of the `moulage` command."""
    try:
        app()
    except EngineError as error:
        _refuse(str(error))
    except (
        OSError
    ) as error:  # a full disk, a folder that may not be written to: the machine's doing and no mistake of ours
        where = f"{error.filename}: " if error.filename else ""
        _refuse(f"{where}{error.strerror or error}.")
    except MemoryError:
        _refuse("this machine has too little memory for that; a smaller size or number may fit.")


def _refuse(sentence: str) -> NoReturn:
    print(f"moulage: {sentence}", file=sys.stderr)
    sys.exit(2)
