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
from starters import starter

from engine.errors import EngineError
from engine.stores.drafts import KEPT, Draft, Drafts

TAB = "0d9f7c1e-aaaa"
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from engine.stores.drafts import Draft, Drafts
from starters import starter
drafts, case, revision = Drafts(Path(sys.argv[1])), starter(), int(sys.argv[2])
while True:
    revision += 1
    drafts.save(sys.argv[3], Draft(revision, case))
    print(revision, flush=True)
"""


def test_a_draft_comes_back_as_it_went_and_is_its_owners_alone(tmp_path):
    drafts, case = (
        Drafts(tmp_path / "drafts"),
        replace(starter().varied(seed=5), superpixels=np.zeros((256, 384), np.int32)),
    )

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
    monkeypatch.setattr("engine.stores.drafts.KEPT", 3)
    for number in range(5):
        Drafts(tmp_path).save(f"0000000{number}", Draft(1, starter()))
        time.sleep(0.01)

    assert sorted(file.stem[-1] for file in tmp_path.iterdir()) == ["2", "3", "4"]
    assert KEPT >= 100
