"""A tab's draft over HTTP: it comes back with its revision, and a bad or unsaved one leaves the old one."""

import os

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starters import starter

from engine.service import Drafts
from studio.canvas.wire import pack_message, unpack_message
from studio.screens.paint.drafts import add_routes

TAB = "0d9f7c1e-aaaa"


@pytest.fixture
def client(tmp_path):
    app = FastAPI()
    add_routes(app, Drafts(tmp_path))
    with TestClient(app) as opened:
        yield opened


def test_the_routes_take_and_give_a_case_with_its_revision(client):
    query = {"tab": TAB, "revision": 12}

    assert client.get("/draft", params={"tab": TAB}).status_code == 204
    assert client.post("/draft", params=query, content=pack_message(starter())).status_code == 204

    message = unpack_message(client.get("/draft", params={"tab": TAB}).content)
    assert (message.seq, message.case) == (12, starter())


@pytest.mark.parametrize(("query", "body"), [
    ({"tab": "nobody", "revision": 1}, pack_message(starter())),
    ({"tab": TAB, "revision": -1}, pack_message(starter())),
    ({"tab": TAB, "revision": 1}, b"MLG1"),
])  # fmt: skip
def test_a_bad_draft_is_status_400_and_keeps_the_old_one(client, query, body):
    client.post("/draft", params={"tab": TAB, "revision": 1}, content=pack_message(starter()))

    answer = client.post("/draft", params=query, content=body)

    assert answer.status_code == 400
    assert len(answer.json()["error"]) > 20
    assert client.get("/draft", params={"tab": TAB}).status_code == 200


def test_a_full_disk_is_told_and_the_old_draft_stays(client, monkeypatch):
    client.post("/draft", params={"tab": TAB, "revision": 1}, content=pack_message(starter()))

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = client.post("/draft", params={"tab": TAB, "revision": 2}, content=pack_message(starter()))

    assert "No space left" in answer.json()["error"]
    assert unpack_message(client.get("/draft", params={"tab": TAB}).content).seq == 1
