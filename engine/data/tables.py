"""The one reader of tables: commas, semicolons or tabs, quoted or not, UTF-8 or UTF-16, from any system's line ends.

A first column without a name is an index and passed by. A row that is shorter or longer than the header is refused by its
line number; so is a number that is none.
"""

import codecs
import csv
import io
import math
from pathlib import Path

from engine.errors import EngineError

DELIMITERS = (",", ";", "\t")
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
INDEX_NAMES = ("", "unnamed: 0")  # of a column that a program numbered the rows in


class Row(dict[str, str]):
    """One row: column → text without blanks around it. file, line: where it stands."""

    def __init__(self, cells: dict[str, str], file: str, line: int) -> None:
        super().__init__(cells)
        self.file, self.line = file, line

    @property
    def place(self) -> str:
        """For errors."""
        return f"{self.file}, line {self.line}"

    def number(self, column: str) -> float:
        """A cell as a finite number."""
        text = self.get(column, "")
        if not is_number(text) or not math.isfinite(float(text)):
            raise EngineError(f"{self.place}: {column} is '{text[:40]}'; a number is needed.")
        return float(text)


def rows(path: Path, needed: tuple[str, ...] = (), headerless: tuple[str, ...] = ()) -> list[Row]:
    """The rows of a table that has the columns needed.

    headerless: the columns of a table whose first line has none of these names and as many cells, which is then a row.
    """
    lines = _cells(path)
    names = lines[0][1] if lines else []
    if headerless and len(names) == len(headerless) and not set(names) & set(headerless):
        names, body = list(headerless), lines
    else:
        body = lines[1:]
    missing = [name for name in needed if name not in names]
    if missing:
        listed = ", ".join(name for name in names if name) or "none"
        raise EngineError(f"{path.name} has no column '{missing[0]}'; it has {listed}.")
    if twice := next((name for name in names if name and names.count(name) > 1), None):
        raise EngineError(f"{path.name} has the column '{twice}' twice; which one is meant cannot be told.")
    return [_row(path, names, line, cells) for line, cells in body]


def columns(path: Path) -> list[str]:
    """The names in a table's first line; none where there is no such table."""
    try:
        lines = _cells(path, 1) if path.is_file() else []
    except EngineError:
        return []
    return lines[0][1] if lines else []


def text(path: Path) -> str:
    """A text file, whichever Unicode it is written in."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read as a table: {error.strerror}.") from error
    encoding = next((name for mark, name in BOMS.items() if data.startswith(mark)), None)
    if encoding is None and b"\0" in data[:200]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise EngineError(
            f"{path} cannot be read as a table: line {line} is no {error.encoding.upper()}; save it as CSV UTF-8."
        ) from error


def is_number(value: str) -> bool:
    """Whether a cell is a number, finite or not."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def _cells(path: Path, most: int | None = None) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not empty; `most`: of so many only."""
    plain = text(path)
    first = next((line for line in plain.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one), [])))
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter, skipinitialspace=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                found.append((reader.line_num, stripped))
            if most is not None and len(found) == most:
                break
    except csv.Error as error:
        raise EngineError(f"{path} cannot be read as a table: line {reader.line_num}: {error}.") from error
    return found


def _row(path: Path, names: list[str], line: int, cells: list[str]) -> Row:
    while len(cells) > len(names) and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != len(names):
        raise EngineError(f"{path.name}, line {line} has {len(cells)} cells; its header has {len(names)}.")
    named = {name: cell for name, cell in zip(names, cells, strict=True) if name.lower() not in INDEX_NAMES}
    return Row(named, path.name, line)
