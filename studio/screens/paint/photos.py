"""The routes of photos and superpixels.

POST /open   a form with one file or more, each named "files"
             → a case as canvas/wire.py packs it; X-Notice and X-Tone hold what is said of it
GET /photo?name=…               → the photo as PNG, or 204 where it is not here
GET /photos                     → {"count"}: how many photos are kept here
DELETE /photos[?name=…]         deletes one, or all, and what was computed from them → {"count", "deleted": [name]}
POST /photos/undelete?name=…    brings one back that was just deleted → {"count"}
POST /match                     a case with a photo, as wire.py packs it → {setting: value} of the nearest colours
GET /cells?width=…&height=…[&grain=…][&photo=…]
                                → u16 width | u16 height | zlib of i32 ids: the photo's superpixels, or a drawn case's cells
"""

import json
import struct
import zlib
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from engine import service
from studio.canvas.wire import pack_message, unpack_message
from studio.screens.paint import notices
from studio.screens.painter import Painter
from studio.streams import BINARY, answered, failed

FIELD = "files"
FILE_LIMIT = 64  # as many as a zip of a photo and its masks may hold
PRIVATE = {"cache-control": "no-store"}  # a browser's cache would outlive the photo


def add_routes(app: FastAPI, photos: service.Photos, painter: Painter) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.post("/open")
    async def open_files(request: Request) -> Response:
        try:
            files = await uploaded(request)
        except service.EngineError as error:
            return failed(error)
        return await answered(lambda: _opened(photos, files))

    @app.get("/photo")
    async def photo(name: str) -> Response:
        return await answered(lambda: _photo(photos, name))

    @app.get("/photos")
    async def held() -> Response:
        return await answered(lambda: _held(photos))

    @app.delete("/photos")
    async def delete(name: str | None = None) -> Response:
        return await answered(lambda: _deleted(photos, name))

    @app.post("/photos/undelete")
    async def undelete(name: str) -> Response:
        return await answered(lambda: _undeleted(photos, name))

    @app.post("/match")
    async def match(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _matched(photos, painter, unpack_message(body).case))

    @app.get("/cells")
    async def cells(width: int, height: int, grain: str = "medium", photo: str | None = None) -> Response:
        return await answered(lambda: _cells(photos, (width, height), grain, photo))


async def uploaded(request: Request) -> list[tuple[str, bytes]]:
    """(name, bytes) of each file of a form.

    A file over 1 MiB waits in a temporary one that has no name in its folder, is readable by this user alone, and is gone
    once it is closed here. Access.py bounds the form as a whole.
    """
    try:
        async with request.form(max_files=FILE_LIMIT, max_fields=0) as form:
            parts = form.multi_items()
            other = [name for name, _ in parts if name != FIELD]
            if other:
                raise service.EngineError(f"the form holds a part '{other[0][:20]}'; each is named '{FIELD}'.")
            return [(file.filename or "", await file.read()) for _, file in parts if isinstance(file, UploadFile)]
    except HTTPException as error:
        if error.status_code != 400:  # too large
            raise
        raise service.EngineError(f"the files did not arrive as a form: {error.detail}") from error


def _opened(photos: service.Photos, files: list[tuple[str, bytes]]) -> Response:
    opened = service.open_files(files, photos)
    said = {"x-notice": notices.opened(opened), "x-tone": notices.photo_tone(opened), "x-doubt": notices.doubt(opened)}
    headers = {name: quote(sentence) for name, sentence in said.items()}
    return Response(pack_message(opened.case), media_type=BINARY, headers=headers)


def _photo(photos: service.Photos, name: str) -> Response:
    if not photos.holds(name):
        return Response(status_code=204, headers=PRIVATE)
    return Response(photos.png(name), media_type="image/png", headers=PRIVATE)


def _held(photos: service.Photos, **more: Any) -> Response:
    return _json({"count": len(photos.names())} | more)


def _json(table: dict[str, Any]) -> Response:
    return Response(json.dumps(table), media_type="application/json", headers=PRIVATE)


def _deleted(photos: service.Photos, name: str | None) -> Response:
    named = photos.names() if name is None else [name]
    return _held(photos, deleted=[each for each in named if photos.delete(each)])


def _undeleted(photos: service.Photos, name: str) -> Response:
    photos.undelete(name)
    return _held(photos)


def _matched(photos: service.Photos, painter: Painter, case: service.Case) -> Response:
    if case.photo is None:
        raise service.EngineError("the case has no photo whose colours could be matched; open one first.")
    return _json(painter.matched(case, photos.picture(case.photo, case.planes.size)))


def _cells(photos: service.Photos, size: tuple[int, int], grain: str, photo: str | None) -> Response:
    width, height = size
    if not (16 <= width <= service.SIDE_LIMIT_PX and 16 <= height <= service.SIDE_LIMIT_PX):
        raise service.EngineError(f"cells of {width}x{height}: 16 to {service.SIDE_LIMIT_PX} a side are allowed.")
    if grain not in service.GRAINS:
        raise service.EngineError(f"the grain '{grain[:20]}' is not one; {', '.join(service.GRAINS)} are allowed.")
    if photo is not None:
        ids = photos.superpixels(photo, size, grain)
    else:
        ids = service.proposed_cells(width, height, count=service.GRAINS[grain])
    body = struct.pack("<HH", width, height) + zlib.compress(ids.astype("<i4").tobytes(), 1)
    return Response(body, media_type=BINARY, headers=PRIVATE)
