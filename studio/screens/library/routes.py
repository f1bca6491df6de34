"""The Library's routes: what is kept, its pictures and cases, and a choice of it as a data set.

GET    /library?words=…              → {"entries": […], "damaged": […]}
POST   /library                      a case as canvas/wire.py packs it → its entry, painted and kept
GET    /library/ID/thumbnail         → JPEG            GET /library/ID/picture → the saved PNG
GET    /library/ID/case              → a case as wire.py packs it
DELETE /library/ID                   → 204             POST /library/ID/undelete → 204
POST   /library/export               {"ids": […]} → parts (streams.py): {"done", "total"} …, then {"file"}
GET    /library/export/FILE          → the zip file, once
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from engine import service
from studio.canvas.wire import case_response, unpack_message
from studio.screens.painter import Painter
from studio.streams import BINARY, Parts, answered, counted, part, streamed

REQUEST_LIMIT_BYTES = 1 << 20  # ten thousand names
ZIP = "moulage.zip"
FLEETING = {"cache-control": "no-store"}  # what is deleted must not live on in the browser's cache


def add_routes(app: FastAPI, painter: Painter, library: service.Library) -> None:
    """To be added before Gradio is mounted on "/"."""
    exports = Exports(library)

    @app.get("/library")
    async def listed(words: str = "") -> Response:
        return await answered(lambda: _listed(library, words))

    @app.post("/library")
    async def keep(request: Request) -> Response:
        body = await request.body()
        return await answered(lambda: _kept(painter, library, body))

    @app.post("/library/export")
    async def export(request: Request) -> Response:
        body = await request.body()
        return await streamed(request, exports.write(body))

    @app.get("/library/export/{file}")
    async def exported(file: str) -> Response:
        return await answered(lambda: exports.hand_out(file))

    @app.get("/library/{name}/thumbnail")
    async def thumbnail(name: str) -> Response:
        return await answered(lambda: Response(library.thumbnail(name), media_type="image/jpeg", headers=FLEETING))

    @app.get("/library/{name}/picture")
    async def picture(name: str) -> Response:
        return await answered(lambda: Response(library.read(name), media_type="image/png", headers=FLEETING))

    @app.get("/library/{name}/case")
    async def case(name: str) -> Response:
        return await answered(lambda: case_response(service.case_from_bytes(library.read(name), "the kept picture")))

    @app.get("/library/{name}/sample")
    async def sample(name: str) -> Response:
        return await answered(
            lambda: Response(part(service.kept_sample(library, name)), media_type=BINARY, headers=FLEETING)
        )

    @app.delete("/library/{name}")
    async def delete(name: str) -> Response:
        return await answered(lambda: _done(library.delete, name))

    @app.post("/library/{name}/undelete")
    async def undelete(name: str) -> Response:
        return await answered(lambda: _done(library.undelete, name))


class Exports:
    """Data sets in the making. Each waits in a folder of its own until it is handed out, or the server ends."""

    def __init__(self, library: service.Library) -> None:
        self._library = library
        self._folders: dict[str, tempfile.TemporaryDirectory[str]] = {}

    def write(self, body: bytes) -> Parts:
        """Write a data set and tell how far it is; a page that goes away stops it."""
        table = service.parse_json(body, "the list of cases", REQUEST_LIMIT_BYTES)
        names = table.get("ids") if isinstance(table, dict) else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise service.EngineError("the list of cases is not one; {'ids': [names]} is needed.")
        folder, file = tempfile.TemporaryDirectory(prefix="moulage-export-"), uuid4().hex
        out = Path(folder.name) / ZIP
        try:
            yield from counted(lambda progress: service.export_kept(self._library, names, out, service.Watch(progress)))
            self._folders[file] = folder
        finally:
            if file not in self._folders:  # it failed, or its page went away
                folder.cleanup()
        yield part({"file": file})

    def hand_out(self, file: str) -> Response:
        """The finished zip file; it is removed once it was sent."""
        folder = self._folders.pop(file, None)
        if folder is None:
            raise service.EngineError("the data set is not here; it was fetched already, or the server was restarted.")
        name = f"moulage-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
        return FileResponse(
            Path(folder.name) / ZIP,
            filename=name,
            media_type="application/zip",
            background=BackgroundTask(folder.cleanup),
        )


def _listed(library: service.Library, words: str) -> Response:
    table = {"entries": [asdict(kept) for kept in library.entries(words)], "damaged": library.damaged()}
    return Response(json.dumps(table), media_type="application/json")


def _kept(painter: Painter, library: service.Library, body: bytes) -> Response:
    kept = service.keep(library, painter.render(unpack_message(body).case))
    return Response(json.dumps(asdict(kept)), media_type="application/json")


def _done(act: Callable[[str], None], name: str) -> Response:
    act(name)
    return Response(status_code=204)
