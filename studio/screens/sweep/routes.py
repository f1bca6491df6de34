"""The Sweeps screen's routes. Each takes a case as canvas/wire.py packs it, and the sweep in its query.

POST /sweep        → parts (streams.py): the headers', then one a cell in reading order: JSON {column, row, ...}, JPEG
POST /sweep/save   → parts: JSON {done, total} as the cells are painted, then JSON {name} and the zip file
POST /sweep/case   → one cell's case as wire.py packs it

The cells painted so far stay in the cache when a page goes away, by the content of their case.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response

from engine import service
from studio.canvas.wire import case_response, unpack_message
from studio.screens.painter import Painter
from studio.streams import Parts, answered, jpeg, part, streamed

KEPT_CELLS = 600  # some 30 KB each


@dataclass(frozen=True)
class Wish:
    """A sweep as the page asks for it."""

    start: service.Case
    sweep: service.Sweep

    @property
    def places(self) -> list[tuple[int, int]]:
        """(column, row) of every cell in reading order."""
        return [(c, r) for r in range(len(self.sweep.rows)) for c in range(len(self.sweep.columns))]


class Cells:
    """The newest cells by the content of their case."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._kept: OrderedDict[str, tuple[dict[str, Any], bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, case: service.Case) -> tuple[dict[str, Any], bytes]:
        """What was measured on a case's picture, and the JPEG; painted if it is not there."""
        key = hashlib.sha256(service.to_json(case).encode()).hexdigest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        frame = self._painter.paint(case)
        made = {"ita_deg": frame.ita_deg, "badge": frame.badge}, jpeg(frame.picture)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT_CELLS:
                self._kept.popitem(last=False)
        return made


def add_routes(app: FastAPI, painter: Painter) -> None:
    """To be added before Gradio is mounted on "/"."""
    kept = Cells(painter)

    @app.post("/sweep")
    async def sweep(request: Request, x: str, y: str, columns: str = "", rows: str = "") -> Response:
        body = await request.body()
        return await streamed(request, _painting(kept, lambda: _wish(body, x, y, columns, rows)))

    @app.post("/sweep/save")
    async def save(request: Request, x: str, y: str, columns: str = "", rows: str = "") -> Response:
        body = await request.body()
        return await streamed(request, _saving(painter, lambda: _wish(body, x, y, columns, rows)))

    @app.post("/sweep/case")
    async def case(
        request: Request, x: str, y: str, column: int, row: int, columns: str = "", rows: str = ""
    ) -> Response:
        body = await request.body()
        return await answered(lambda: _case(_wish(body, x, y, columns, rows), column, row))


def _wish(body: bytes, x: str, y: str, columns: str, rows: str) -> Wish:
    start = unpack_message(body).case
    return Wish(start, service.sweep(start, x, y, columns, rows))


def _painting(kept: Cells, read: Callable[[], Wish]) -> Parts:
    wish = read()
    columns, rows = wish.sweep.labels()
    yield part({"columns": columns, "rows": rows})
    for column, row in wish.places:
        yield _cell(kept, wish, column, row)


def _cell(kept: Cells, wish: Wish, column: int, row: int) -> bytes:
    """A cell, or the sentence that says why it failed; the others go on."""
    place: dict[str, Any] = {"column": column, "row": row}
    try:
        measured, picture = kept.get(wish.sweep.case(wish.start, column, row))
    except service.EngineError as error:
        return part(place | {"error": str(error)})
    return part(place | measured | {"clipped": service.cut_off(wish.start, wish.sweep, column, row)}, picture)


def _saving(painter: Painter, read: Callable[[], Wish]) -> Parts:
    wish, cells = read(), []
    total = len(wish.places)
    yield part({"done": 0, "total": total})
    for cell in service.painted(painter, wish.start, wish.sweep):
        cells.append(cell)
        yield part({"done": len(cells), "total": total})
    stem = f"moulage-sweep-{wish.sweep.x}-{wish.sweep.y}"
    yield part({"name": f"{stem}.zip"}, service.Grid(wish.start, wish.sweep, tuple(cells)).zipped(stem))


def _case(wish: Wish, column: int, row: int) -> Response:
    if (column, row) not in wish.places:
        raise service.EngineError(f"the sweep has no cell in column {column + 1}, row {row + 1}.")
    return case_response(wish.sweep.case(wish.start, column, row))
