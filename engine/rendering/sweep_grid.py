"""A sweep painted: cell by cell for the page, and as a grid, single pictures and a loop to keep."""

import hashlib
import io
import json
import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine import formats
from engine.cases.case import Case, to_json
from engine.rendering.painter import Rendered, measured
from engine.rendering.sweeps import Sweep, clipped

HEADER_PX, GAP_PX, FONT_PX = 34, 4, 18
PAPER, INK = (28, 28, 30), (236, 236, 240)
FRAME_MS = 450
LOOP_COLUMNS = 3


@dataclass(frozen=True)
class Cell:
    """One cell of a sweep that is kept. clipped: the share of the lesion that left the map."""

    column: int
    row: int
    rendered: Rendered
    ita_deg: float | None
    clipped: float


@dataclass(frozen=True)
class Grid:
    """A painted sweep: its cells in reading order."""

    start: Case
    sweep: Sweep
    cells: tuple[Cell, ...]

    def picture(self) -> NDArray[np.uint8]:
        """All cells with their headers, uint8 [H, W, 3]."""
        columns, rows = self.sweep.labels()
        height, width = self.cells[0].rendered.picture.shape[:2]
        side = max(_text_px(label) for label in rows) + 2 * GAP_PX
        page = Image.new(
            "RGB", (side + len(columns) * (width + GAP_PX), HEADER_PX + len(rows) * (height + GAP_PX)), PAPER
        )
        pen, font = ImageDraw.Draw(page), ImageFont.load_default(FONT_PX)
        for index, label in enumerate(columns):
            pen.text((side + index * (width + GAP_PX) + width / 2, HEADER_PX / 2), label, INK, font, "mm")
        for index, label in enumerate(rows):
            pen.text((side / 2, HEADER_PX + index * (height + GAP_PX) + height / 2), label, INK, font, "mm")
        for cell in self.cells:
            at = side + cell.column * (width + GAP_PX), HEADER_PX + cell.row * (height + GAP_PX)
            page.paste(Image.fromarray(cell.rendered.picture), at)
        return np.asarray(page, np.uint8)

    def loop(self) -> bytes:
        """A GIF for a talk: one frame for each column, to the last and back, all rows beside each other."""
        frames = [self._frame(column) for column in range(len(self.sweep.columns))]
        there_and_back = [*frames, *frames[-2:0:-1]]
        out = io.BytesIO()
        # Median cut without dithering: dots would look like a skin's own texture.
        flat = [frame.quantize(256, dither=Image.Dither.NONE) for frame in there_and_back]
        flat[0].save(out, "GIF", save_all=True, append_images=flat[1:], duration=FRAME_MS, loop=0)
        return out.getvalue()

    def _frame(self, column: int) -> Image.Image:
        columns, rows = self.sweep.labels()
        cells = [cell for cell in self.cells if cell.column == column]
        height, width = cells[0].rendered.picture.shape[:2]
        across = min(LOOP_COLUMNS, len(rows))
        down = -(-len(rows) // across)
        page = Image.new("RGB", (across * (width + GAP_PX), HEADER_PX + down * (height + GAP_PX)), PAPER)
        pen, font = ImageDraw.Draw(page), ImageFont.load_default(FONT_PX)
        pen.text((page.width / 2, HEADER_PX / 2), f"SYNTHETIC · {columns[column]}", INK, font, "mm")
        for cell in cells:
            at = cell.row % across * (width + GAP_PX), HEADER_PX + cell.row // across * (height + GAP_PX)
            page.paste(Image.fromarray(cell.rendered.picture), at)
            pen.text(
                (at[0] + 8, at[1] + height - 8), rows[cell.row], INK, font, "ls", stroke_width=2, stroke_fill="black"
            )
        return page

    def table(self) -> dict[str, Any]:
        """Everything that makes the grid again, and what was measured on its cells."""
        columns, rows = self.sweep.labels()
        cells = [
            {
                "column": columns[cell.column],
                "row": rows[cell.row],
                "sha256": hashlib.sha256(cell.rendered.picture.tobytes()).hexdigest(),
                "ita_deg": None if cell.ita_deg is None else round(cell.ita_deg, 1),
                "clipped": round(cell.clipped, 3),
                "badge": cell.rendered.provenance["badge"],
            }
            for cell in self.cells
        ]
        command = ["moulage", "sweep", self.start.generator, "--case", "grid.json", "--out", "grid.png"]
        command += [
            "--x",
            self.sweep.x,
            "--columns",
            ", ".join(columns),
            "--y",
            self.sweep.y,
            "--rows",
            ", ".join(rows),
        ]
        axes = {"x": self.sweep.x, "columns": columns, "y": self.sweep.y, "rows": rows}
        return self._provenance() | {"sweep": axes | {"cells": cells}, "command": shlex.join(command)}

    def files(self, stem: str) -> dict[str, bytes]:
        """Grid, its table, its loop and every cell as a picture that holds its case, by file name."""
        table = self.table()
        files = {
            f"{stem}.png": formats.picture_bytes(self.picture(), table),
            f"{stem}.json": json.dumps(table, sort_keys=True, indent=1, allow_nan=False).encode(),
            f"{stem}.gif": self.loop(),
        }
        for cell in self.cells:
            name = f"{stem}_cells/{stem}-{cell.row + 1}-{cell.column + 1}.png"
            files[name] = formats.picture_bytes(cell.rendered.picture, cell.rendered.provenance)
        return files

    def zipped(self, stem: str) -> bytes:
        """`files` as one zip file."""
        return formats.zip_bytes(self.files(stem))

    def _provenance(self) -> dict[str, Any]:
        """Of the first cell, with the case that the sweep started from."""
        return self.cells[0].rendered.provenance | {"case": json.loads(to_json(self.start))}


class Keeper(Protocol):
    """Who paints pictures to keep."""

    def render(self, case: Case) -> Rendered:
        """One of them."""
        ...


def painted(studio: Keeper, start: Case, chosen: Sweep) -> Iterator[Cell]:
    """The cells to keep, row by row, by the fixed backend."""
    for row in range(len(chosen.rows)):
        for column in range(len(chosen.columns)):
            case = chosen.case(start, column, row)
            rendered = studio.render(case)
            yield Cell(column, row, rendered, measured(rendered.picture, case), cut_off(start, chosen, column, row))


def cut_off(start: Case, chosen: Sweep, column: int, row: int) -> float:
    """The share of the lesion that a cell's size pushes out of the map."""
    sizes = chain([chosen.columns[column]] * (chosen.x == "size"), [chosen.rows[row]] * (chosen.y == "size"))
    return max((clipped(start, percent) for percent in sizes), default=0.0)


def _text_px(text: str) -> int:
    return math.ceil(ImageFont.load_default(FONT_PX).getlength(text))
