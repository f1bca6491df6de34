"""The Sample screen's routes. A wish comes as JSON, the fields of `service.Wish` or `service.Place`.

POST /sample          → parts as in sweeps.py: {total, command}, then one a sample: JSON {seed, diagnosis, ...}, JPEG
POST /sample/one      → one part: JSON {seed, diagnosis, ...}, JPEG
POST /sample/nearest  → one part: JSON {found, ...}, JPEG of the nearest real photo
POST /sample/loop     → a GIF from one sample to another
POST /sample/save     → the picture as PNG, with its mask as a zip
POST /sample/export   → parts: {done, total} as a data set is written, then {name} and the zip

A mask travels in the JSON, as a PNG in base64.
"""

import asyncio
import base64
import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray
from PIL import Image

from engine import service
from engine.errors import EngineError
from studio.live import answered, failed, jpeg
from studio.sweeps import part

REAL_PX = 512  # the longer side of a real photo beside a sample


class Maker(Protocol):
    """What the routes need of `service.Samplers`."""

    def grid(self, wish: service.Wish) -> Iterator[list[tuple[service.Place, service.Sample]]]:
        """Samples, block by block."""
        ...

    def one(self, place: service.Place) -> service.Sample:
        """One sample."""
        ...

    def loop(self, place: service.Place) -> bytes:
        """A GIF."""
        ...

    def files(self, place: service.Place) -> dict[str, bytes]:
        """A sample to keep."""
        ...


class Finder(Protocol):
    """What the routes need of `service.Nearest`."""

    def of(self, picture: NDArray[np.uint8]) -> Any:
        """The nearest real photo or None."""
        ...


def add_routes(app: FastAPI, maker: Maker, nearest: Finder) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.post("/sample")
    async def grid(request: Request) -> Response:
        body = await request.body()
        return await _streamed(request, lambda: _grid(maker, body))

    @app.post("/sample/one")
    async def one(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _bytes(_sample(place := _place(body), maker.one(place))))

    @app.post("/sample/nearest")
    async def real(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _bytes(_nearest(nearest, maker.one(_place(body)))))

    @app.post("/sample/loop")
    async def loop(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _file(f"moulage-{_place(body).seed}.gif", maker.loop(_place(body)), "image/gif"))

    @app.post("/sample/save")
    async def save(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _kept(maker.files(_place(body))))

    @app.post("/sample/export")
    async def export(request: Request) -> Response:
        body = await request.body()
        return await _streamed(request, lambda: _export(body))


def _table(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise EngineError("the wish is no JSON.") from error


def _place(body: bytes) -> service.Place:
    place: service.Place = service.wished(_table(body), service.Place)
    return place


async def _streamed(request: Request, begin: Callable[[], Iterator[bytes]]) -> Response:
    """Parts as they are made; a mistake before the first is a plain answer, one later is the last part."""
    parts = None
    try:
        parts = begin()
        first = await asyncio.to_thread(next, parts)
    except EngineError as error:
        return failed(error)

    async def stream() -> Any:
        yield first
        try:
            while not await request.is_disconnected():
                made = await asyncio.to_thread(next, parts, None)
                if made is None:
                    return
                yield made
        except EngineError as error:
            yield part({"error": str(error)})
        finally:
            await asyncio.to_thread(parts.close)  # type: ignore[attr-defined]  # a generator, see `begin`

    return StreamingResponse(stream(), media_type="application/octet-stream")


def _grid(maker: Maker, body: bytes) -> Iterator[bytes]:
    wish: service.Wish = service.wished(_table(body), service.Wish)
    blocks = maker.grid(wish)
    first = next(blocks)  # before anything is promised: it tells what is wrong with the wish
    yield part({"total": wish.count, "command": None if wish.around is not None else wish.command()})
    for block in chain([first], blocks):
        for place, sample in block:
            yield _sample(place, sample)


def _sample(place: service.Place, sample: service.Sample) -> bytes:
    table = asdict(place) | {"shows": sample.diagnosis, "command": place.command()}
    if sample.mask is not None:
        table["mask"] = base64.b64encode(_mask_png(sample.mask)).decode()
    return part(table, jpeg(sample.picture))


def _mask_png(mask: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(mask * np.uint8(255)).convert("1", dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


def _nearest(nearest: Finder, sample: service.Sample) -> bytes:
    found = nearest.of(sample.picture)
    if found is None:
        return part({"found": False})
    table = {
        "found": True,
        "id": found.id,
        "data": found.data,
        "similarity": found.similarity,
        "as_near": found.as_near,
    }
    return part(table, jpeg(service.shown_photo(found.path, REAL_PX)))


def _bytes(body: bytes) -> Response:
    return Response(body, media_type="application/octet-stream")


def _file(name: str, data: bytes, media_type: str) -> Response:
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _kept(files: dict[str, bytes]) -> Response:
    name, picture = next(iter(files.items()))
    if len(files) == 1:
        return _file(name, picture, "image/png")
    return _file(f"{Path(name).stem}.zip", service.zipped(files), "application/zip")


def _export(body: bytes) -> Iterator[bytes]:
    """Written by another thread into a folder that outlives a page that went away, so that a second try goes on."""
    wish: service.Wish = service.wished(_table(body), service.Wish)
    folder = service.set_folder(wish)
    said: SimpleQueue[Any] = SimpleQueue()
    stopped = threading.Event()

    def progress(done: int, total: int) -> None:
        if stopped.is_set():
            raise EngineError("stopped; the same wish goes on from there.")
        said.put((done, total))

    def work() -> None:
        try:
            service.sample(
                wish.preset,
                wish.count,
                wish.seed,
                folder,
                diagnosis=wish.diagnosis,
                truncation=wish.truncation,
                progress=progress,
            )
            said.put(None)
        except EngineError as error:
            said.put(error)
        except Exception as error:  # nobody else would hear of it, and the page would wait for ever
            said.put(EngineError(f"the set could not be made ({type(error).__name__}: {error}); a second try goes on."))
            raise

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (news := said.get()) is not None:
            if isinstance(news, EngineError):
                raise news
            yield part({"done": news[0], "total": news[1]})
        yield part({"name": f"moulage-{wish.preset}-{wish.count}-seed-{wish.seed}.zip"}, service.zipped_folder(folder))
    finally:
        stopped.set()
