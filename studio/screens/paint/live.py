"""The live path: one WebSocket beside Gradio, and two plain routes for starting and saving.

WS   /live                         messages of canvas/wire.py; a mistake is answered by a sentence, and the socket stays
GET  /start?case=…&generator=…     → a case to start from, as wire.py packs it
POST /save?form=…                  a case as wire.py packs it → the file to keep
"""

import asyncio
import contextlib
import json
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

from engine import service
from studio.canvas.wire import Message, case_response, pack_reply, sequence_number, unpack_message
from studio.screens.painter import Painter
from studio.streams import answered, jpeg

AT_ONCE = 4  # messages of one page in work: a stroke, a strip, and what a hand sends meanwhile


def add_routes(app: FastAPI, painter: Painter, photos: service.Photos | None = None) -> None:
    """The studio's own routes; they must be added before Gradio is mounted on "/". photos: what a form may give away."""

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        page = Page(socket, painter)
        try:
            while True:
                await page.take(await socket.receive())
        except WebSocketDisconnect:
            await page.gone()

    @app.get("/start")
    async def start(case: str = service.STARTER_NAMES[0], generator: str = service.DEFAULT) -> Response:
        return await answered(lambda: case_response(painter.starter_case(case, generator)))

    @app.post("/save")
    async def save(request: Request, form: str = "picture") -> Response:
        body = await request.body()
        return await answered(lambda: _saved(painter, unpack_message(body), form, photos))


class Page:
    """One open page: its messages are answered side by side, so that a stroke does not wait behind a tone strip."""

    def __init__(self, socket: WebSocket, painter: Painter) -> None:
        self._socket = socket
        self._painter = painter
        self._clients: set[str] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()

    async def take(self, event: Any) -> None:
        """Start on one message; a page that sends faster than it is answered waits here."""
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1000))
        if len(self._work) >= AT_ONCE:
            await asyncio.wait(self._work, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._serve(event.get("bytes")))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def gone(self) -> None:
        """The page was closed; what it asked for last ends first, since it would be remembered again."""
        if self._work:
            await asyncio.wait(self._work)
        for client in self._clients:
            self._painter.leave(client)

    async def _serve(self, data: bytes | None) -> None:
        seq = None if data is None else sequence_number(data)
        try:
            if data is None:
                raise service.EngineError("the message is text; the live route takes binary messages.")
            message = unpack_message(data)
            self._clients.add(message.client)
            reply = await asyncio.to_thread(answer, self._painter, message)
        except service.EngineError as error:
            await self._send(json.dumps({"seq": seq, "error": str(error)}))
        else:
            if reply is not None:
                await self._send(reply)

    async def _send(self, reply: str | bytes) -> None:
        async with self._sending:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the page was closed meanwhile
                await (self._socket.send_text(reply) if isinstance(reply, str) else self._socket.send_bytes(reply))


def answer(painter: Painter, message: Message) -> bytes | None:
    """The reply to one message; None where a newer wish has come."""
    if message.kind == "strip":
        tones = painter.strip(message.case)
        listed = [{"tone": t.tone, "ita_deg": t.ita_deg, "extrapolated": t.extrapolated} for t in tones]
        return pack_reply(message.seq, {"kind": "strip", "tones": listed}, [jpeg(t.picture) for t in tones])
    frame = painter.render_live(message.case, message.client, message.seq)
    if frame is None:
        return None
    table = {
        "kind": message.kind,
        "ms": frame.ms,
        "ita_deg": frame.ita_deg,
        "badge": frame.badge,
        "backend": frame.backend,
        "drawn": frame.drawn,
    }
    return pack_reply(message.seq, table, [jpeg(frame.picture)])


def _saved(painter: Painter, message: Message, form: str, photos: service.Photos | None) -> Response:
    stem = f"moulage-seed-{message.case.seed}-{message.case.tone or 'auto'}"
    file = service.export(painter.render(message.case), form, stem, photos)
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)
