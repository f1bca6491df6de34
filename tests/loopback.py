"""Every connection and name look-up beyond loopback fails and is remembered: what runs with it reaches no other machine."""

import ipaddress
import os
import sys

OUTSIDE: list[str] = []


def guard(event: str, arguments: tuple) -> None:
    """Audit hook."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    try:
        inside = name in (None, "", "localhost") or ipaddress.ip_address(name).is_loopback
    except ValueError:
        inside = False
    if not inside:
        OUTSIDE.append(f"{event} {name}")
        raise OSError(f"tests reach no other machine: {name}")


def only() -> None:
    """From here on this process reaches itself alone; CI is unset, since some packages call home only outside it."""
    os.environ.pop("CI", None)
    sys.addaudithook(guard)
