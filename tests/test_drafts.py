"""Unsaved work: it comes back as it went, whatever kills the process, and nothing else can be read as a draft."""

import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from engine import checkpoints
from engine.drafts import KEPT, Draft, Drafts
from engine.errors import EngineError
from engine.starter import starter
from studio.drafts import add_routes
from studio.live import pack_message, unpack_message

TAB = "0d9f7c1e-aaaa"
WRITER = """
import sys
from pathlib import Path
from engine.drafts import Draft, Drafts
from engine.starter import starter
drafts, case, revision = Drafts(Path(sys.argv[1])), starter(), int(sys.argv[2])
while True:
    revision += 1
    drafts.save(sys.argv[3], Draft(revision, case))
    print(revision, flush=True)
"""


def test_a_draft_comes_back_as_it_went_and_is_its_owners_alone(tmp_path):
    drafts, case = Drafts(tmp_path / "drafts"), replace(starter(), superpixels=np.zeros((256, 384), np.int32), seed=5)

    assert drafts.load(TAB) is None
    drafts.save(TAB, Draft(3, case))

    assert drafts.load(TAB) == Draft(3, case)
    assert (tmp_path / "drafts" / f"{TAB}.json").stat().st_mode & 0o777 == 0o600


def test_twenty_kills_in_the_middle_of_saving_lose_nothing_that_was_confirmed(tmp_path):
    confirmed, chance = 0, random.Random(0)
    for _ in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(confirmed), TAB],
            cwd=Path(__file__).resolve().parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout.readline()
        time.sleep(chance.random() * 0.05)
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate()
        confirmed = max([confirmed + 1, *map(int, rest.split())])

        draft = Drafts(tmp_path).load(TAB)

        assert draft.case == starter()
        assert draft.revision >= confirmed
        confirmed = draft.revision


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"format": 9, "revision": 1}', b'{"format": 1, "revision": 1}'])
def test_a_damaged_draft_is_a_sentence_and_is_set_aside(tmp_path, data):
    (tmp_path / f"{TAB}.json").write_bytes(data)

    with pytest.raises(EngineError, match="set aside"):
        Drafts(tmp_path).load(TAB)

    assert (tmp_path / f"{TAB}.damaged").read_bytes() == data
    assert Drafts(tmp_path).load(TAB) is None


@pytest.mark.parametrize("tab", ["", "../../etc/passwd", "A" * 12, "0" * 65])
def test_a_name_that_is_none_is_refused(tmp_path, tab):
    with pytest.raises(EngineError, match="8 to 64"):
        Drafts(tmp_path).save(tab, Draft(1, starter()))


def test_the_oldest_drafts_go(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.drafts.KEPT", 3)
    for number in range(5):
        Drafts(tmp_path).save(f"0000000{number}", Draft(1, starter()))
        time.sleep(0.01)

    assert sorted(file.stem[-1] for file in tmp_path.iterdir()) == ["2", "3", "4"]
    assert KEPT >= 100


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

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    answer = client.post("/draft", params={"tab": TAB, "revision": 2}, content=pack_message(starter()))

    assert "No space left" in answer.json()["error"]
    assert unpack_message(client.get("/draft", params={"tab": TAB}).content).seq == 1
