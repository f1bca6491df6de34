"""Who may come in: every name of this machine alone, from its own pages; who is refused reads why and what to do."""

import socket
import threading

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from studio.access import Access, address_of, bound_socket, checked_host

ADDRESS = "http://127.0.0.1:7860"


@pytest.fixture
def client():
    app = FastAPI()
    app.get("/")(lambda: "in")
    app.post("/")(lambda: "changed")
    with TestClient(Access(app, ADDRESS)) as opened:
        yield opened


@pytest.mark.parametrize("host", [
    "127.0.0.1:7860", "localhost:7860", "[::1]:7860", "127.0.0.2:7860", "localhost:9999", "127.0.0.1", "localhost:443",
])  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_loopback_name_and_a_tunnels_port_come_in(client, host, scheme):
    assert client.get("/", headers={"host": host}).json() == "in"
    assert client.post("/", headers={"host": host, "origin": f"{scheme}://{host}"}).json() == "changed"


@pytest.mark.parametrize(("host", "origin"), [
    ("evil.example:7860", "http://evil.example:7860"),  # DNS rebinding: the page's own name, which now leads here
    ("evil.example", None), ("localhost.evil.example", None), ("127.0.0.1.evil.example", None), ("127.0.0.1@evil", None),
    ("localhost:7860", "http://localhost:7861"),  # another server of this machine
    ("localhost:7860", "http://127.0.0.1:7860"), ("localhost:7860", "null"), ("localhost:7860", "http://evil.example"),
    ("192.168.1.5:7860", "http://192.168.1.5:7860"), ("", None), ("[::1", None), ("localhost:x", None),
])  # fmt: skip
def test_other_names_and_other_pages_do_not(client, host, origin):
    headers = {"host": host} | ({"origin": origin} if origin else {})

    answer = client.post("/", headers=headers)

    assert answer.status_code == 403
    assert "studio" in answer.json()["error"]


def test_who_looks_at_a_page_reads_why_and_what_to_do_and_a_script_gets_json(client):
    page = client.get("/", headers={"host": "evil<b>.example", "accept": "text/html,*/*;q=0.8"})

    assert page.status_code == 403
    assert page.headers["content-type"].startswith("text/html")
    assert "evil&lt;b&gt;.example" in page.text
    assert "this host name is not the studio" in page.text
    assert f'href="{ADDRESS}"' in page.text
    assert "ssh -L 7860:127.0.0.1:7860" in page.text
    assert client.get("/", headers={"host": "evil.example"}).json().keys() == {"error"}


def test_an_address_is_printed_as_a_browser_takes_it():
    assert address_of("::1", 7860) == "http://[::1]:7860"
    assert address_of("127.0.0.2", 80) == "http://127.0.0.2:80"


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
def test_what_is_bound_is_served(host):
    import httpx

    try:
        listener = bound_socket(checked_host(host), 0)
    except Exception:
        pytest.skip(f"this machine has no {host}")
    address = address_of(host, listener.getsockname()[1])
    app = FastAPI()
    app.get("/")(lambda: "in")
    server = uvicorn.Server(uvicorn.Config(Access(app, address), log_level="warning"))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    serving.start()
    try:
        with httpx.Client(trust_env=False, transport=httpx.HTTPTransport(retries=5)) as browser:
            assert browser.get(address).json() == "in"
    finally:
        server.should_exit = True
        serving.join(20)
    assert isinstance(listener, socket.socket)
