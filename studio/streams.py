"""How every route answers: at once, with a sentence where the user's wish is wrong, or in parts while work goes on.

part    u32 length | JSON | u32 length | bytes, little endian; screens/streams.js reads it

A mistake before the first part is status 400 and its sentence, as of a route that answers at once. One that comes later is
the last part, {"error"}. A page that goes away ends the work at its next part.
"""

import asyncio
import json
import logging
import struct
import threading
from collections.abc import AsyncIterator, Callable, Generator
from queue import SimpleQueue
from typing import Any, TypeVar

import cv2
import numpy as np
from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from numpy.typing import NDArray

from engine import service

BINARY = "application/octet-stream"
JPEG_QUALITY = 90  # 4:4:4, so that fine red and brown marks keep their colour
LOG = logging.getLogger("uvicorn.error")  # where the server's own mistakes stand

Parts = Generator[bytes, None, None]
Progress = Callable[[int, int], None]
T = TypeVar("T")


class Stopped(Exception):
    """Raised in work whose page went away."""


def part(table: dict[str, Any], body: bytes = b"") -> bytes:
    """One part of a stream."""
    text = json.dumps(table).encode()
    return struct.pack("<I", len(text)) + text + struct.pack("<I", len(body)) + body


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """uint8 [H, W, 3] as JPEG; WebP and PNG take ten to a hundred times as long."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        JPEG_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return bytes(data)


def failed(error: service.EngineError) -> Response:
    """Status 400 and the sentence."""
    return Response(json.dumps({"error": str(error)}), 400, media_type="application/json")


async def answered(work: Callable[[], Response]) -> Response:
    """Run in a thread; a user's mistake, or a disk that is full or may not be written to, is status 400 and a sentence."""
    try:
        return await asyncio.to_thread(work)
    except service.EngineError as error:
        return failed(error)
    except OSError as error:
        LOG.exception("A file could not be read or written.")
        return failed(service.EngineError(f"{error.filename or 'the disk'}: {error.strerror or error}."))


async def streamed(request: Request, parts: Parts) -> Response:
    """A generator's parts, each made in a thread while the page takes the one before."""
    try:
        first = await asyncio.to_thread(next, parts, None)
    except service.EngineError as error:
        return failed(error)

    async def stream() -> AsyncIterator[bytes]:
        step: asyncio.Future[bytes | None] | None = None
        made = first
        try:
            while made is not None:
                yield made
                if await request.is_disconnected():
                    return
                step = asyncio.ensure_future(asyncio.to_thread(next, parts, None))
                made = await asyncio.shield(step)
        except service.EngineError as error:
            yield part({"error": str(error)})
        except Exception as error:  # a mistake of ours; without a last part the page would not know that it is over
            LOG.exception("A stream of parts ended early.")
            yield part({"error": f"the server made a mistake ({type(error).__name__}: {error}); its log holds more."})
        finally:
            _close_after(step, parts)

    return StreamingResponse(stream(), media_type=BINARY)


def _close_after(step: "asyncio.Future[bytes | None] | None", parts: Parts) -> None:
    """Close a generator in a thread as soon as it stands still; nothing is awaited, since the request may be cancelled."""
    loop = asyncio.get_running_loop()
    if step is None or step.done():
        loop.run_in_executor(None, parts.close)
    else:
        step.add_done_callback(lambda done: (done.exception(), loop.run_in_executor(None, parts.close)))


def counted(work: Callable[[Progress], T]) -> Generator[bytes, None, T]:
    """Parts {done, total} while `work` runs in a thread of its own; what it returns is the value of `yield from`.

    work: takes what it is to call with (done, total) after each step. That raises once the generator was closed.
    """
    news: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
    results: list[T] = []
    errors: list[Exception] = []
    closed = threading.Event()

    def progress(done: int, total: int) -> None:
        if closed.is_set():
            raise Stopped
        news.put((done, total))

    def run() -> None:
        try:
            results.append(work(progress))
        except Exception as error:  # raised again where it is heard, below
            errors.append(error)
        finally:
            news.put(None)

    threading.Thread(target=run, daemon=True).start()
    try:
        while (step := news.get()) is not None:
            yield part({"done": step[0], "total": step[1]})
    finally:
        closed.set()
    if errors:
        raise errors[0]
    return results[0]
