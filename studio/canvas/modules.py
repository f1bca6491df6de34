"""The scripts below studio/, served one by one to the browser's own `import`.

GET /modules/VERSION/PATH   → the script at that path below studio/

VERSION is of all scripts' bytes, so that a changed script has another address, and a browser may keep each for good. What
can be asked for is what was read once: no path leads anywhere else.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STUDIO: Final = Path(__file__).resolve().parent.parent
FOR_GOOD: Final = {"cache-control": "public, max-age=31536000, immutable"}
VERSION_DIGITS: Final = 16  # hexadecimal, of 64


@dataclass(frozen=True)
class Modules:
    """Scripts by their path below studio/."""

    sources: Mapping[str, bytes]

    @functools.cached_property
    def version(self) -> str:
        """Changes with any of the scripts, and with their names."""
        content = hashlib.sha256()
        for path, source in sorted(self.sources.items()):
            content.update(f"{path}\0{len(source)}\0".encode() + source)
        return content.hexdigest()[:VERSION_DIGITS]

    def address(self, path: str) -> str:
        """Where the page imports a script from."""
        return f"/modules/{self.version}/{path}"

    def preloads(self) -> str:
        """A Link header (RFC 8288): the browser fetches all of them at once, after what shows the page, and not one import
        after the other."""
        return ", ".join(
            f"<{self.address(path)}>; rel=modulepreload; fetchpriority=low" for path in sorted(self.sources)
        )


@functools.cache
def modules() -> Modules:
    """All scripts, as they are when the first is needed."""
    paths = sorted(STUDIO.rglob("*.js"))
    return Modules({path.relative_to(STUDIO).as_posix(): path.read_bytes() for path in paths})


class Preloading:
    """ASGI middleware: the page's answer names its scripts in its header, so that they come while Gradio still starts.

    Gradio's own `head` is put into the page by Gradio's script, a second later on a slow machine.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return

        async def preloading(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("link", modules().preloads())
            await send(message)

        await self._app(scope, receive, preloading)


def add_routes(app: FastAPI) -> None:
    """To be added before Gradio is mounted on "/"."""

    async def module(request: Request) -> Response:
        source = modules().sources.get(request.path_params["path"])
        if request.path_params["version"] != modules().version or source is None:
            return Response("no script is here; load the page again.", 404, media_type="text/plain")
        return Response(source, media_type="text/javascript", headers=FOR_GOOD)

    app.add_route("/modules/{version}/{path:path}", module)
