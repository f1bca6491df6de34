"""The live path: one WebSocket beside Gradio, and two plain routes for starting and saving.

    to the server    MLG1 | u32 seq | u32 crc32 of the cells | u16 width | u16 height | u32 length | JSON | runs
    to the page      MLR1 | u32 seq | u32 length | JSON | JPEG, or for a tone strip six times (u32 length | JPEG)
    runs             (u16 cell | LEB128 run length) over the packed cells of engine/labels.py, row by row
    superpixels      a photo's, in the JSON, as a case file holds them; the page hands back what it was given

Little endian throughout. The whole map travels with every message (a few kilobytes), so a lost message, a restarted
server or a second tab never leaves the two sides disagreeing. A mistake is answered by a sentence; the socket stays.
"""

import asyncio
import contextlib
import json
import struct
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from numpy.typing import NDArray

from engine import service
from engine.case import (
    SIDE_LIMIT_PX,
    Case,
    from_settings,
    parse,
    superpixels_from_text,
    superpixels_to_text,
)
from engine.errors import EngineError
from engine.labels import pack, unpack
from studio.doors import MESSAGE_LIMIT_BYTES

ASK, REPLY = b"MLG1", b"MLR1"
HEADER = struct.Struct("<4sIIHHI")
SETTINGS = ("generator", "seed", "tone", "lesion_colour", "variation", "hair", "boxes", "photo", "grain")
KINDS = ("stroke", "settle", "strip")
JSON_LIMIT_BYTES = 1 << 20  # a 1024x512 photo's superpixels take some 100 KiB
JPEG_QUALITY = 90  # 4:4:4, so that fine red and brown marks keep their colour
LONGEST_VARINT = 5
AT_ONCE = 4  # messages of one page in work: a stroke, a strip, and what a hand sends meanwhile


class Painter(Protocol):
    """What the routes need of `engine.service.Studio`."""

    def starter_case(self, name: str = ..., generator: str = ...) -> Case:
        """A case to start from."""
        ...

    def render_live(self, case: Case, client: str, seq: int) -> service.Frame | None:
        """The newest case's picture, or None if it is no longer the newest."""
        ...

    def strip(self, case: Case) -> list[service.TonePicture]:
        """Six tones."""
        ...

    def paint(self, case: Case) -> service.Frame:
        """One picture for whoever waits for it."""
        ...

    def render(self, case: Case) -> service.Rendered:
        """A picture to keep."""
        ...

    def leave(self, client: str) -> None:
        """A client went away."""
        ...


@dataclass(frozen=True)
class Message:
    """One wish of the page."""

    seq: int
    client: str
    kind: str
    case: Case


def unpack_message(data: bytes) -> Message:
    """Bytes → Message; whatever is wrong with them is one sentence, and nothing large is made before it is checked."""
    if len(data) > MESSAGE_LIMIT_BYTES:
        raise EngineError(f"the message has {len(data)} bytes; at most {MESSAGE_LIMIT_BYTES} are read.")
    if len(data) < HEADER.size or data[:4] != ASK:
        raise EngineError(
            f"the message is cut off or not a case: {len(data)} bytes, {HEADER.size} and more are needed."
        )
    _, seq, crc, width, height, length = HEADER.unpack_from(data)
    if not (1 <= width <= SIDE_LIMIT_PX and 1 <= height <= SIDE_LIMIT_PX):
        raise EngineError(f"the map is {width}x{height}; 1x1 to {SIDE_LIMIT_PX}x{SIDE_LIMIT_PX} is allowed.")
    text = data[HEADER.size : HEADER.size + length]
    if length > JSON_LIMIT_BYTES or len(text) < length:
        raise EngineError(
            f"the message declares {length} bytes of settings and holds {len(text)}; {JSON_LIMIT_BYTES} at most."
        )
    table = parse(text, "the message's settings", JSON_LIMIT_BYTES)
    cells = decode_runs(data[HEADER.size + length :], width * height)
    if zlib.crc32(cells.tobytes()) != crc:
        raise EngineError("the map did not arrive as it was sent: its checksum differs.")
    return _message(seq, table, unpack(cells.reshape(height, width).astype(np.uint16)))


def _message(seq: int, table: Any, planes: Any) -> Message:
    if not isinstance(table, dict) or table.get("kind") not in KINDS:
        raise EngineError(f"the message's kind is not one of {', '.join(KINDS)}.")
    client = table.get("client")
    if not isinstance(client, str) or not 1 <= len(client) <= 64:
        raise EngineError("the message names no client; 1 to 64 characters are needed.")
    missing = [key for key in SETTINGS if key not in table]
    if missing:
        raise EngineError(f"the message lacks {missing[0]}.")
    superpixels = table.get("superpixels")
    if not isinstance(superpixels, str | None):
        raise EngineError("the message's superpixels are not text; they stand there as in a case file.")
    ids = superpixels_from_text(superpixels, planes.lesion.shape, "the message")
    case = from_settings({key: table[key] for key in SETTINGS}, planes, ids, "the message")
    return Message(seq, client, table["kind"], case)


def pack_message(case: Case, seq: int = 0, client: str = "server", kind: str = "settle") -> bytes:
    """A case as the page sends and takes it."""
    cells = pack(case.planes).astype("<u2")
    width, height = case.planes.size
    table = {"client": client, "kind": kind, "superpixels": superpixels_to_text(case)}
    table |= {key: value for key, value in case.settings().items() if key in SETTINGS}
    text = json.dumps(table).encode()
    return HEADER.pack(ASK, seq, zlib.crc32(cells.tobytes()), width, height, len(text)) + text + encode_runs(cells)


def encode_runs(cells: NDArray[np.uint16]) -> bytes:
    """Runs of equal cells, row by row."""
    flat = cells.ravel()
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(np.append(starts, flat.size))
    out = bytearray()
    for value, run in zip(flat[starts].tolist(), lengths.tolist(), strict=True):
        out += struct.pack("<H", value)
        while run > 127:
            out.append(run & 127 | 128)
            run >>= 7
        out.append(run)
    return bytes(out)


def decode_runs(data: bytes, count: int) -> NDArray[np.uint16]:
    """Inverse of `encode_runs` for `count` cells: uint16 [count], little endian."""
    values, lengths, at, total = [], [], 0, 0
    while at < len(data):
        end = at + 2
        while end < len(data) and data[end] & 128 and end - at - 2 < LONGEST_VARINT:
            end += 1
        if end >= len(data):
            raise EngineError("the map is cut off in the middle of a run.")
        run = sum((byte & 127) << 7 * i for i, byte in enumerate(data[at + 2 : end + 1]))
        values.append(data[at] | data[at + 1] << 8)
        lengths.append(run)
        total += run
        if run == 0 or total > count:
            break
        at = end + 1
    if total != count or 0 in lengths:
        raise EngineError(f"the map's runs hold {total} cells or more; {count} are needed.")
    return np.repeat(np.array(values, "<u2"), lengths)


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """uint8 [H, W, 3] as JPEG; WebP and PNG take ten to a hundred times as long."""
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return bytes(data)


def _reply(seq: int, table: dict[str, Any], pictures: bytes) -> bytes:
    text = json.dumps(table).encode()
    return REPLY + struct.pack("<II", seq, len(text)) + text + pictures


def answer(painter: Painter, message: Message) -> bytes | None:
    """The reply to one message; None where a newer wish has come."""
    if message.kind == "strip":
        tones = painter.strip(message.case)
        listed = [{"tone": t.tone, "ita_deg": t.ita_deg, "extrapolated": t.extrapolated} for t in tones]
        bodies = b"".join(struct.pack("<I", len(data)) + data for data in (jpeg(t.picture) for t in tones))
        return _reply(message.seq, {"kind": "strip", "tones": listed}, bodies)
    frame = painter.render_live(message.case, message.client, message.seq)
    if frame is None:
        return None
    table = {
        "kind": message.kind,
        "ms": frame.ms,
        "ita_deg": frame.ita_deg,
        "badge": frame.badge,
        "backend": frame.backend,
    }
    return _reply(message.seq, table, jpeg(frame.picture))


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
            page.gone()

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

    def gone(self) -> None:
        """The page was closed."""
        for client in self._clients:
            self._painter.leave(client)

    async def _serve(self, data: bytes | None) -> None:
        seq = struct.unpack_from("<I", data, 4)[0] if data is not None and len(data) >= HEADER.size else None
        try:
            if data is None:
                raise EngineError("the message is text; the live route takes binary messages.")
            message = unpack_message(data)
            self._clients.add(message.client)
            reply = await asyncio.to_thread(answer, self._painter, message)
        except EngineError as error:
            await self._send(json.dumps({"seq": seq, "error": str(error)}))
        else:
            if reply is not None:
                await self._send(reply)

    async def _send(self, reply: str | bytes) -> None:
        async with self._sending:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # the page was closed meanwhile
                await (self._socket.send_text(reply) if isinstance(reply, str) else self._socket.send_bytes(reply))


async def answered(work: Any) -> Response:
    """Run in a thread; a user's mistake becomes status 400 and its sentence."""
    try:
        made: Response = await asyncio.to_thread(work)
    except EngineError as error:
        return failed(error)
    return made


def failed(error: EngineError) -> Response:
    """Status 400 and the sentence."""
    return Response(json.dumps({"error": str(error)}), 400, media_type="application/json")


def _saved(painter: Painter, message: Message, form: str, photos: service.Photos | None) -> Response:
    stem = f"moulage-seed-{message.case.seed}-{message.case.tone or 'auto'}"
    file = service.export(painter.render(message.case), form, stem, photos)
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media_type, headers=headers)


def case_response(case: Case) -> Response:
    """A case as the page takes it."""
    return Response(pack_message(case), media_type="application/octet-stream")
