"""The one reader of label tables."""

import csv
from pathlib import Path

from engine.errors import EngineError

Row = dict[str, str]


def rows(path: Path, needed: tuple[str, ...] = (), delimiter: str = ",") -> list[Row]:
    """The rows of a table that has the columns needed; a value that is missing is empty text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter=delimiter)
            missing = [name for name in needed if name not in (table.fieldnames or ())]
            if missing:
                raise EngineError(
                    f"{path.name} has no column '{missing[0]}'; it has {', '.join(table.fieldnames or ['none'])}."
                )
            return [{k: v or "" for k, v in row.items() if k} for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EngineError(f"{path} cannot be read as a table: {error}.") from error


def columns(path: Path) -> list[str]:
    """The names in a table's first line; none where there is no such table."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError):
        return []
