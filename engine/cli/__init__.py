"""argv → one request → print. A user's mistake is one sentence on stderr and exit code 2, never a traceback."""

import sys

from engine.cli import commands
from engine.cli.app import app
from engine.errors import EngineError

__all__ = ["commands", "main"]


def main() -> None:
    """Entry point of the `moulage` command."""
    try:
        app()
    except EngineError as error:
        print(f"moulage: {error}", file=sys.stderr)
        sys.exit(2)
