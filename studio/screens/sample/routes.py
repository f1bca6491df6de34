"""The Sample screen's routes.

A wish comes as JSON: the fields of `service.GridRequest` or `service.SampleRef`, with the generator's settings beside them.

POST /sample          → parts (streams.py): {total, command}, then one a sample: JSON {seed, diagnosis, ...}, JPEG
POST /sample/one      → one part: JSON {seed, diagnosis, ...}, JPEG
POST /sample/nearest  → one part: JSON {found, ...}, JPEG of the nearest real photo
POST /sample/loop     → a GIF from one sample to another
POST /sample/save     → the picture as PNG, with its mask as a zip
POST /sample/keep     → {"id"}: kept in the Library
POST /sample/index    {folder} → parts: {done, total} as its photos are indexed, then {sentence}
POST /sample/export   → parts: {done, total} as a data set is written, then {name} and the zip

A mask travels in the JSON, as a PNG in base64.
"""

import base64
import io
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from fastapi import FastAPI, Request, Response
from numpy.typing import NDArray
from PIL import Image

from engine import service
from studio.streams import BINARY, Parts, Progress, answered, counted, jpeg, part, streamed

REAL_PX = 512  # the longer side of a real photo beside a sample


class Maker(Protocol):
    """What the routes need of `service.Samplers`."""

    def grid(self, wish: service.GridRequest) -> Iterator[list[tuple[service.SampleRef, service.Sample]]]:
        """Samples, block by block."""
        ...

    def one(self, place: service.SampleRef) -> service.Sample:
        """One sample."""
        ...

    def loop(self, place: service.SampleRef) -> bytes:
        """A GIF."""
        ...

    def files(self, place: service.SampleRef) -> dict[str, bytes]:
        """A sample to keep."""
        ...

    def keepable(self, place: service.SampleRef) -> bytes:
        """A sample as the Library keeps it."""
        ...


class Finder(Protocol):
    """What the routes need of `service.Nearest`."""

    folder: Path

    def of(self, picture: NDArray[np.uint8]) -> Any:
        """The nearest real photo or None."""
        ...


def add_routes(app: FastAPI, maker: Maker, nearest: Finder, library: service.Library | None = None) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.post("/sample")
    async def grid(request: Request) -> Response:
        body = await request.body()
        return await streamed(request, _grid(maker, body))

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

    @app.post("/sample/keep")
    async def keep(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _in_library(library, maker.keepable(_place(body))))

    @app.post("/sample/index")
    async def index(request: Request) -> Response:
        body = await request.body()
        return await streamed(request, _index(body, nearest.folder))

    @app.post("/sample/export")
    async def export(request: Request) -> Response:
        body = await request.body()
        return await streamed(request, _export(body))


def _place(body: bytes) -> service.SampleRef:
    place: service.SampleRef = service.wished(service.parse_json(body, "the wish"), service.SampleRef)
    return place


def _grid(maker: Maker, body: bytes) -> Parts:
    wish: service.GridRequest = service.wished(service.parse_json(body, "the wish"), service.GridRequest)
    blocks = maker.grid(wish)
    first = next(blocks)  # before anything is promised: it tells what is wrong with the wish
    yield part({"total": wish.count, "command": None if wish.around is not None else wish.command()})
    for block in chain([first], blocks):
        for place, sample in block:
            yield _sample(place, sample)


def _sample(place: service.SampleRef, sample: service.Sample) -> bytes:
    table = place.plain() | {"shows": sample.diagnosis, "command": place.command()}
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
    return Response(body, media_type=BINARY)


def _file(name: str, data: bytes, media_type: str) -> Response:
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _in_library(library: service.Library | None, picture: bytes) -> Response:
    if library is None:
        raise service.EngineError("no Library is open here.")
    return Response(json.dumps({"id": library.keep(picture).id}), media_type="application/json")


def _index(body: bytes, out: Path) -> Parts:
    """A page that goes away stops it; a second try goes on."""
    table = service.parse_json(body, "the wish")
    folder = table.get("folder") if isinstance(table, dict) else None
    if not isinstance(folder, str) or not folder.strip():
        raise service.EngineError("no folder of photos is named; its path on this machine is needed.")
    record = service.IndexRequest(Path(folder.strip()).expanduser())
    indexed = yield from counted(lambda progress: service.index_data(record, service.Watch(progress), out))
    yield part({"sentence": indexed.sentence()})


def _kept(files: dict[str, bytes]) -> Response:
    name, picture = next(iter(files.items()))
    if len(files) == 1:
        return _file(name, picture, "image/png")
    return _file(f"{Path(name).stem}.zip", service.zipped(files), "application/zip")


def _export(body: bytes) -> Parts:
    """Written into a folder that outlives a page that went away, so that a second try goes on."""
    wish: service.GridRequest = service.wished(service.parse_json(body, "the wish"), service.GridRequest)
    folder = service.set_folder(wish)

    def write(progress: Progress) -> None:
        record = service.SampleRequest(wish.preset, wish.count, folder, wish.seed, settings=wish.settings.chosen())
        service.run(record, service.Watch(progress))

    yield from counted(write)
    yield part({"name": f"moulage-{wish.preset}-{wish.count}-seed-{wish.seed}.zip"}, service.zipped_folder(folder))
