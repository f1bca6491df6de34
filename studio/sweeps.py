"""The Sweeps screen's routes. Each takes a case as live.py packs it, and the sweep in its query.

POST /sweep        → parts, one a cell in reading order: JSON {column, row, ...}, JPEG; the first part is the headers'
POST /sweep/save   → parts: JSON {done, total} as the cells are painted, then JSON {name} and the zip file
POST /sweep/case   → one cell's case as live.py packs it
part               u32 length | JSON | u32 length | bytes, little endian

A page that goes away ends the work; the cells painted so far stay in the cache, by the content of their case.
"""

import asyncio
import hashlib
import json
import struct
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from engine import service
from engine.case import Case, to_json
from engine.errors import EngineError
from studio.live import Painter, answered, failed, jpeg, pack_message, unpack_message

KEPT_CELLS = 600  # some 30 KB each


@dataclass(frozen=True)
class Wish:
    """A sweep as the page asks for it."""

    start: Case
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

    def get(self, case: Case) -> tuple[dict[str, Any], bytes]:
        """What was measured on a case's picture, and the JPEG; painted if it is not there."""
        key = hashlib.sha256(to_json(case).encode()).hexdigest()
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
        try:
            wish = _wish(await request.body(), x, y, columns, rows)
        except EngineError as error:
            return failed(error)
        parts = (lambda place=place: _cell(kept, wish, *place) for place in wish.places)
        return _streamed(request, _headers(wish), parts)

    @app.post("/sweep/save")
    async def save(request: Request, x: str, y: str, columns: str = "", rows: str = "") -> Response:
        try:
            wish = _wish(await request.body(), x, y, columns, rows)
        except EngineError as error:
            return failed(error)
        return _streamed(request, part({"done": 0, "total": len(wish.places)}), _saving(painter, wish))

    @app.post("/sweep/case")
    async def case(
        request: Request, x: str, y: str, column: int, row: int, columns: str = "", rows: str = ""
    ) -> Response:
        body = await request.body()
        return await answered(lambda: _case(_wish(body, x, y, columns, rows), column, row))


def part(table: dict[str, Any], body: bytes = b"") -> bytes:
    """One part of a stream."""
    text = json.dumps(table).encode()
    return struct.pack("<I", len(text)) + text + struct.pack("<I", len(body)) + body


def _wish(body: bytes, x: str, y: str, columns: str, rows: str) -> Wish:
    start = unpack_message(body).case
    return Wish(start, service.sweep(start, x, y, columns, rows))


def _headers(wish: Wish) -> bytes:
    columns, rows = wish.sweep.labels()
    return part({"columns": columns, "rows": rows})


def _streamed(request: Request, first: bytes, parts: Any) -> StreamingResponse:
    async def stream() -> AsyncIterator[bytes]:
        yield first
        for make in parts:
            if await request.is_disconnected():
                return
            yield await asyncio.to_thread(make)

    return StreamingResponse(stream(), media_type="application/octet-stream")


def _cell(kept: Cells, wish: Wish, column: int, row: int) -> bytes:
    """A cell, or the sentence that says why it failed; the others go on."""
    place: dict[str, Any] = {"column": column, "row": row}
    try:
        measured, picture = kept.get(wish.sweep.case(wish.start, column, row))
    except EngineError as error:
        return part(place | {"error": str(error)})
    return part(place | measured | {"clipped": service.cut_off(wish.start, wish.sweep, column, row)}, picture)


def _saving(painter: Painter, wish: Wish) -> Iterator[Any]:
    cells: list[service.Cell] = []
    painting = service.painted(painter, wish.start, wish.sweep)

    def one() -> bytes:
        cells.append(next(painting))
        return part({"done": len(cells), "total": len(wish.places)})

    def whole() -> bytes:
        grid = service.Grid(wish.start, wish.sweep, tuple(cells))
        stem = f"moulage-sweep-{wish.sweep.x}-{wish.sweep.y}"
        return part({"name": f"{stem}.zip"}, grid.zipped(stem))

    broken = []

    def guarded(make: Any) -> bytes:
        try:
            return bytes(make())
        except EngineError as error:
            broken.append(error)
            return part({"error": str(error)})

    for make in (*[one] * len(wish.places), whole):
        if not broken:
            yield lambda make=make: guarded(make)


def _case(wish: Wish, column: int, row: int) -> Response:
    if (column, row) not in wish.places:
        raise EngineError(f"the sweep has no cell in column {column + 1}, row {row + 1}.")
    case = wish.sweep.case(wish.start, column, row)
    return Response(pack_message(case), media_type="application/octet-stream")
