"""Who may come in: this machine only, from a page of this server, with messages of a bounded size.

Until there is a login the studio serves loopback alone. A page of another site, open in the same browser, could still
reach it; so the Host is checked on every request, and the Origin on every WebSocket and every request that changes
something.
"""

import ipaddress
import socket

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from engine import service

BODY_LIMIT_BYTES = 64 << 20
MESSAGE_LIMIT_BYTES = 4 << 20  # a 1024x512 map in which every cell differs from the last takes 1.5 MiB
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
REFUSED = 4403  # the WebSocket's close code
TOO_LARGE = f"the message is larger than {BODY_LIMIT_BYTES} bytes"


def checked_host(host: str) -> str:
    """The host to bind, which must be loopback."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise service.EngineError(
            f"--host {host} can be reached from other machines; until the studio has a login only loopback is allowed: "
            "127.0.0.1, ::1 or localhost."
        )
    return host


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; a port in use is one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise service.EngineError(
            f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port, e.g. --port {port + 1}."
        ) from error
    return listener


class Access:
    """ASGI middleware: refuses foreign Hosts and Origins with 403, and bodies over the limit with 413.

    Starlette's TrustedHostMiddleware compares names without their port, answers 400 in plain text, and knows no Origin. A
    server of another user of this machine has the same names and another port, so the whole header is compared here.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._origins = {f"{scheme}://{host}" for scheme in ("http", "https") for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may come in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        reason = self._refusal(scope, Headers(scope=scope))
        if reason is None:
            await self._app(scope, _capped(receive), send)
            return
        status, sentence = reason
        if scope["type"] == "websocket":
            await WebSocketClose(REFUSED, sentence)(scope, receive, send)
        else:
            await JSONResponse({"error": sentence}, status)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if headers.get("host") not in self._hosts:
            return 403, "this host name is not the studio's"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")
        if changes and origin is not None and origin not in self._origins:
            return 403, "this page does not belong to the studio"
        if scope["type"] == "websocket" and origin is None:
            return 403, "a browser names the page it comes from"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT_BYTES:
            return 413, TOO_LARGE
        return None


def _capped(receive: Receive) -> Receive:
    """Count a body that does not declare its length; the route that reads it answers 413."""
    seen = 0

    async def capped() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY_LIMIT_BYTES:
            raise HTTPException(413, TOO_LARGE)
        return message

    return capped
