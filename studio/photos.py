"""The routes of photos and superpixels.

POST /open   files (below)      → a case as live.py packs it; X-Notice and X-Tone hold what is said of it
GET /photo?name=…               → the photo as PNG, or 204 where it is not here
GET /photos                     → how many photos are kept here
DELETE /photos[?name=…]         deletes one, or all, and what was computed from them → how many are left
GET /cells?width=…&height=…[&grain=…][&photo=…]
                                → u16 width | u16 height | zlib of i32 ids: the photo's superpixels, or a drawn case's cells

Files travel as MLF1 | u32 length | JSON list of [name, bytes] | the files one after another, little endian.
"""

import json
import struct
import zlib
from urllib.parse import quote

from fastapi import FastAPI, Request, Response

from engine import service
from engine.case import SIDE_LIMIT_PX, parse
from engine.errors import EngineError
from studio import words
from studio.live import answered, pack_message

FILES, HEADER = b"MLF1", struct.Struct("<4sI")
LIST_LIMIT_BYTES = 1 << 16
PRIVATE = {"cache-control": "no-store"}  # a browser's cache would outlive the photo


def add_routes(app: FastAPI, photos: service.Photos) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.post("/open")
    async def open_files(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _opened(photos, body))

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


def unpack_files(data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of each file in a message; lengths are checked against what is there."""
    if len(data) < HEADER.size or data[:4] != FILES:
        raise EngineError(f"the message is cut off or holds no files: {len(data)} bytes.")
    _, length = HEADER.unpack_from(data)
    text, at = data[HEADER.size : HEADER.size + length], HEADER.size + length
    listed = parse(text, "the list of files", LIST_LIMIT_BYTES)
    files = []
    for entry in listed if isinstance(listed, list) else [listed]:
        if not (isinstance(entry, list) and [type(part) for part in entry] == [str, int] and entry[1] >= 0):
            raise EngineError("the list of files does not hold a name and a length each.")
        files.append((entry[0], data[at : at + entry[1]]))
        at += entry[1]
    if at != len(data):
        raise EngineError(f"the files' lengths add up to {at} bytes; {len(data)} arrived.")
    return files


def pack_files(files: list[tuple[str, bytes]]) -> bytes:
    """Inverse of `unpack_files`."""
    text = json.dumps([[name, len(data)] for name, data in files]).encode()
    return HEADER.pack(FILES, len(text)) + text + b"".join(data for _, data in files)


def _opened(photos: service.Photos, body: bytes) -> Response:
    opened = service.open_files(unpack_files(body), photos)
    headers = {"x-notice": quote(words.opened(opened)), "x-tone": quote(words.photo_tone(opened))}
    return Response(pack_message(opened.case), media_type="application/octet-stream", headers=headers)


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
    if not (16 <= width <= SIDE_LIMIT_PX and 16 <= height <= SIDE_LIMIT_PX):
        raise EngineError(f"cells of {width}x{height}: 16 to {SIDE_LIMIT_PX} a side are allowed.")
    if grain not in service.GRAINS:
        raise EngineError(f"the grain '{grain[:20]}' is not one; {', '.join(service.GRAINS)} are allowed.")
    if photo is not None:
        ids = photos.superpixels(photo, size, grain)
    else:
        ids = service.proposed_cells(width, height, count=service.GRAINS[grain])
    body = struct.pack("<HH", width, height) + zlib.compress(ids.astype("<i4").tobytes(), 1)
    return Response(body, media_type="application/octet-stream", headers=PRIVATE)
