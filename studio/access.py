"""Who may come in: this machine only, from a page of this server, with messages of a bounded size.

Until there is a login the studio serves loopback alone. A page of another site, open in the same browser, could still
reach it; so the Host is checked on every request, and the Origin on every WebSocket and every request that changes
something.

The Host must name loopback: a site whose name was turned to 127.0.0.1 (DNS rebinding) sends its own name. Its port may be
any, since an SSH tunnel may end at another. The Origin must be the Host: a page of another server of this machine, which
has the same name and another port, sends its own port.
"""

import ipaddress
import re
import socket
from html import escape

from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from engine import service

BODY_LIMIT_BYTES = 64 << 20
MESSAGE_LIMIT_BYTES = 4 << 20  # a 1024x512 map in which every cell differs from the last takes 1.5 MiB
HOST = re.compile(r"(\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]]+))(:[0-9]{1,5})?")
HOST_SHOWN = 100  # characters of a refused Host
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
REFUSED = 4403  # the WebSocket's close code
TOO_LARGE = f"the message is larger than {BODY_LIMIT_BYTES} bytes"


def is_loopback(host: str) -> bool:
    """Whether a name or address, without brackets and port, is this machine's own alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(host: str, port: int) -> str:
    """What to type into a browser; an IPv6 address stands in brackets."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def checked_host(host: str) -> str:
    """The host to bind, which must be loopback."""
    if not is_loopback(host):
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

    Starlette's TrustedHostMiddleware answers 400 in plain text, and knows no Origin. address: where the studio is, for the
    page that says so.
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app, self._address = app, address

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
            await self._answer(status, sentence, Headers(scope=scope))(scope, receive, send)

    def _answer(self, status: int, sentence: str, headers: Headers) -> Response:
        """A page for whoever looks at one, JSON for a script."""
        if "text/html" not in headers.get("accept", ""):
            return JSONResponse({"error": sentence}, status)
        asked = headers.get("host", "")[:HOST_SHOWN]
        return HTMLResponse(_refused_page(sentence, asked, self._address), status)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not is_loopback(_without_port(host)):
            return 403, "this host name is not the studio's"
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")
        if changes and origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "this page does not belong to the studio"
        if scope["type"] == "websocket" and origin is None:
            return 403, "a browser names the page it comes from"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT_BYTES:
            return 413, TOO_LARGE
        return None


def _without_port(host: str) -> str:
    """A Host header's name or address."""
    found = HOST.fullmatch(host)
    return (found["six"] or found["name"]) if found else ""


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


def _refused_page(reason: str, asked: str, address: str) -> str:
    """What whoever opened the studio under a name that it does not serve reads: why, and what to do."""
    port, place = address.rpartition(":")[2], escape(address.removeprefix("http://"))
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Moulage: not served under this name</title>
<style>body{{font:17px/1.5 system-ui,sans-serif;max-width:38em;margin:12vh auto;padding:0 1em}}</style>
<h1>Moulage is not served here</h1>
<p>This page asked for <b>{escape(asked or "no host")}</b>: {escape(reason)}. Until it has a login, the studio answers on its
own machine alone, so that no other site can look at photos.</p>
<p>On that machine, open <a href="{escape(address)}">{escape(address)}</a>.</p>
<p>From another machine, make a tunnel with <code>ssh -L {port}:{place} THAT-MACHINE</code> and open
<a href="http://localhost:{port}">http://localhost:{port}</a> here; another port before the first colon will do too.</p></html>
"""
