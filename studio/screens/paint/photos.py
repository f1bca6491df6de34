"""The routes of photos and superpixels.

POST /open   a form with one file or more, each named "files"
             → a case as canvas/wire.py packs it; X-Notice and X-Tone hold what is said of it
GET /photo?name=…               → the photo as PNG, or 204 where it is not here
GET /photos                     → how many photos are kept here
DELETE /photos[?name=…]         deletes one, or all, and what was computed from them → how many are left
GET /cells?width=…&height=…[&grain=…][&photo=…]
                                → u16 width | u16 height | zlib of i32 ids: the photo's superpixels, or a drawn case's cells
"""

import json
import struct
import zlib
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from engine import service
from studio import words
from studio.canvas.wire import pack_message
from studio.streams import BINARY, answered, failed

FIELD = "files"
FILE_LIMIT = 64  # as many as a zip of a photo and its masks may hold
PRIVATE = {"cache-control": "no-store"}  # a browser's cache would outlive the photo


def add_routes(app: FastAPI, photos: service.Photos) -> None:
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
    headers = {"x-notice": quote(words.opened(opened)), "x-tone": quote(words.photo_tone(opened))}
    return Response(pack_message(opened.case), media_type=BINARY, headers=headers)


def _photo(photos: service.Photos, name: str) -> Response:
    if not photos.holds(name):
        return Response(status_code=204, headers=PRIVATE)
    return Response(photos.png(name), media_type="image/png", headers=PRIVATE)


def _held(photos: service.Photos) -> Response:
    return Response(json.dumps({"count": len(photos.names())}), media_type="application/json", headers=PRIVATE)


def _deleted(photos: service.Photos, name: str | None) -> Response:
    for each in photos.names() if name is None else [name]:
        photos.delete(each)
    return _held(photos)


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
