"""Who may come in: this machine only, from a page of this server, with messages of a bounded size.

Until there is a login the studio serves loopback alone. A page of another site, open in the same browser, could still
reach it; so Host and Origin are checked on every WebSocket and every request that changes something.
"""

import ipaddress
import socket
from typing import Any

from engine.errors import EngineError

BODY_LIMIT_BYTES = 64 << 20
MESSAGE_LIMIT_BYTES = 4 << 20  # a 1024x512 map in which every cell differs from the last takes 1.5 MiB
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

Scope = dict[str, Any]


def checked_host(host: str) -> str:
    """The host to bind, which must be loopback."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise EngineError(
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
        raise EngineError(
            f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port, e.g. --port {port + 1}."
        ) from error
    return listener


class Doors:
    """ASGI middleware: refuses foreign Hosts and Origins with 403, and bodies over the limit with 413."""

    def __init__(self, app: Any, port: int, body_limit: int = BODY_LIMIT_BYTES) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._origins = {f"{scheme}://{host}" for scheme in ("http", "https") for host in self._hosts}
        self._limit = body_limit

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on what may come in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        reason = self._refusal(scope, headers)
        if reason is None:
            await self._app(scope, self._capped(receive), send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": reason[1]})
        else:
            await _answer(send, *reason)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        if headers.get("host", "") not in self._hosts:
            return 403, "this host name is not the studio's"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")
        if changes and origin is not None and origin not in self._origins:
            return 403, "this page does not belong to the studio"
        if scope["type"] == "websocket" and origin is None:
            return 403, "a browser names the page it comes from"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._limit:
            return 413, f"the message is larger than {self._limit} bytes"
        return None

    def _capped(self, receive: Any) -> Any:
        """Count a body that does not declare its length."""
        seen = 0

        async def capped() -> Any:
            nonlocal seen
            message = await receive()
            if message["type"] == "http.request":
                seen += len(message.get("body", b""))
                if seen > self._limit:
                    return {"type": "http.disconnect"}
            return message

        return capped


async def _answer(send: Any, status: int, sentence: str) -> None:
    body = f'{{"error": "{sentence}"}}'.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
