"""The messages between the page and the server, little endian; canvas/wire.js reads and writes the same.

    to the server    MLG1 | u32 seq | u32 crc32 of the cells | u16 width | u16 height | u32 length | JSON | runs
    to the page      MLR1 | u32 seq | u32 length | JSON | JPEG, or for a tone strip six times (u32 length | JPEG)
    runs             (u16 cell | LEB128 run length) over the packed cells of a map, row by row
    superpixels      a photo's, in the JSON, as a case file holds them; the page hands back what it was given

The whole map travels with every message (a few kilobytes), so a lost message, a restarted server or a second tab never
leaves the two sides disagreeing.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import Response
from numpy.typing import NDArray

from engine import service
from studio.access import MESSAGE_LIMIT_BYTES
from studio.streams import BINARY

ASK, REPLY = b"MLG1", b"MLR1"
HEADER = struct.Struct("<4sIIHHI")
REQUIRED = ("generator", "seed", "tone", "boxes", "photo", "grain")  # beside them stand the generator's own sliders
OWN = ("kind", "client", "superpixels")  # what of the JSON is the message's and not the case's
KINDS = ("stroke", "settle", "strip")
JSON_LIMIT_BYTES = 1 << 20  # a 1024x512 photo's superpixels take some 100 KiB
LONGEST_VARINT = 5


@dataclass(frozen=True)
class Message:
    """One wish of the page."""

    seq: int
    client: str
    kind: str
    case: service.Case


def unpack_message(data: bytes) -> Message:
    """Bytes → Message; whatever is wrong with them is one sentence, and nothing large is made before it is checked."""
    if len(data) > MESSAGE_LIMIT_BYTES:
        raise service.EngineError(f"the message has {len(data)} bytes; at most {MESSAGE_LIMIT_BYTES} are read.")
    if len(data) < HEADER.size or data[:4] != ASK:
        raise service.EngineError(
            f"the message is cut off or not a case: {len(data)} bytes, {HEADER.size} and more are needed."
        )
    _, seq, crc, width, height, length = HEADER.unpack_from(data)
    if not (1 <= width <= service.SIDE_LIMIT_PX and 1 <= height <= service.SIDE_LIMIT_PX):
        raise service.EngineError(
            f"the map is {width}x{height}; 1x1 to {service.SIDE_LIMIT_PX}x{service.SIDE_LIMIT_PX} is allowed."
        )
    text = data[HEADER.size : HEADER.size + length]
    if length > JSON_LIMIT_BYTES or len(text) < length:
        raise service.EngineError(
            f"the message declares {length} bytes of settings and holds {len(text)}; {JSON_LIMIT_BYTES} at most."
        )
    table = service.parse_json(text, "the message's settings", JSON_LIMIT_BYTES)
    cells = decode_runs(data[HEADER.size + length :], width * height)
    if zlib.crc32(cells.tobytes()) != crc:
        raise service.EngineError("the map did not arrive as it was sent: its checksum differs.")
    return _message(seq, table, service.unpack(cells.reshape(height, width).astype(np.uint16)))


def _message(seq: int, table: Any, planes: Any) -> Message:
    if not isinstance(table, dict) or table.get("kind") not in KINDS:
        raise service.EngineError(f"the message's kind is not one of {', '.join(KINDS)}.")
    client = table.get("client")
    if not isinstance(client, str) or not 1 <= len(client) <= 64:
        raise service.EngineError("the message names no client; 1 to 64 characters are needed.")
    missing = [key for key in REQUIRED if key not in table]
    if missing:
        raise service.EngineError(f"the message lacks {missing[0]}.")
    superpixels = table.get("superpixels")
    if not isinstance(superpixels, str | None):
        raise service.EngineError("the message's superpixels are not text; they stand there as in a case file.")
    ids = service.superpixels_from_text(superpixels, planes.lesion.shape, "the message")
    told = {key: value for key, value in table.items() if key not in OWN}
    case = service.read_settings(told, (planes, ids), "the message")
    return Message(seq, client, table["kind"], case)


def pack_message(case: service.Case, seq: int = 0, client: str = "server", kind: str = "settle") -> bytes:
    """A case as the page sends and takes it."""
    cells = service.pack(case.planes).astype("<u2")
    width, height = case.planes.size
    table = {"client": client, "kind": kind, "superpixels": service.superpixels_to_text(case)}
    table |= {key: value for key, value in case.plain().items() if key != "backend"}
    text = json.dumps(table).encode()
    return HEADER.pack(ASK, seq, zlib.crc32(cells.tobytes()), width, height, len(text)) + text + encode_runs(cells)


def case_response(case: service.Case, seq: int = 0) -> Response:
    """A case as the page takes it."""
    return Response(pack_message(case, seq), media_type=BINARY)


def sequence_number(data: bytes) -> int | None:
    """That of a message which may be damaged otherwise; None where it is too short to have one."""
    return int(HEADER.unpack_from(data)[1]) if len(data) >= HEADER.size else None


def pack_reply(seq: int, table: dict[str, Any], jpegs: Sequence[bytes]) -> bytes:
    """What the page shows: one JPEG, or those of a tone strip."""
    text = json.dumps(table).encode()
    body = b"".join(struct.pack("<I", len(data)) + data for data in jpegs) if table["kind"] == "strip" else jpegs[0]
    return REPLY + struct.pack("<II", seq, len(text)) + text + body


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
            raise service.EngineError("the map is cut off in the middle of a run.")
        run = sum((byte & 127) << 7 * i for i, byte in enumerate(data[at + 2 : end + 1]))
        values.append(data[at] | data[at + 1] << 8)
        lengths.append(run)
        total += run
        if run == 0 or total > count:
            break
        at = end + 1
    if total != count or 0 in lengths:
        raise service.EngineError(f"the map's runs hold {total} cells or more; {count} are needed.")
    return np.repeat(np.array(values, "<u2"), lengths)
