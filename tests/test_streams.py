"""The one way in which progress streams: parts in order, mistakes as sentences, work that ends when its page goes away."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from streamed_parts import parts

from engine.service import EngineError
from studio.streams import counted, part, streamed


def served(make):
    """An app whose /parts are those of a generator."""
    app = FastAPI()

    @app.get("/parts")
    async def route(request: Request):
        return await streamed(request, make())

    return app


def answer(make):
    with TestClient(served(make)) as client:
        return client.get("/parts")


def failing_after(count, error):
    for number in range(count):
        yield part({"number": number}, bytes(number))
    raise error


def test_parts_come_in_order_and_whole():
    def make():
        yield from (part({"number": n}, bytes([n]) * n) for n in range(5))

    assert parts(answer(make).content) == [({"number": n}, bytes([n]) * n) for n in range(5)]


def test_a_mistake_before_the_first_part_is_a_plain_answer():
    told = answer(lambda: failing_after(0, EngineError("the count is 0; 1 is the least.")))

    assert told.status_code == 400
    assert told.json() == {"error": "the count is 0; 1 is the least."}


@pytest.mark.parametrize(("error", "words"), [
    (EngineError("the disk is full."), "the disk is full."),
    (ZeroDivisionError("by nought"), "the server made a mistake (ZeroDivisionError: by nought)"),
])  # fmt: skip
def test_a_later_mistake_is_the_last_part(error, words):
    told = answer(lambda: failing_after(2, error))

    assert told.status_code == 200
    *before, (last, body) = parts(told.content)
    assert [table["number"] for table, _ in before] == [0, 1]
    assert list(last) == ["error"]
    assert last["error"].startswith(words)
    assert body == b""


def test_counted_work_tells_its_steps_and_gives_its_result():
    def work(progress):
        for done in range(1, 4):
            progress(done, 3)
        return "result"

    def make():
        yield part({"result": (yield from counted(work))})

    tables = [table for table, _ in parts(answer(make).content)]

    assert tables == [*({"done": done, "total": 3} for done in (1, 2, 3)), {"result": "result"}]


def test_counted_works_mistake_is_told_like_any_other():
    def work(progress):
        progress(1, 2)
        raise EngineError("the second one is gone.")

    assert parts(answer(lambda: counted(work)).content)[-1] == ({"error": "the second one is gone."}, b"")


def run(coroutine):
    """What a coroutine returns: in a thread of its own, as the browser tests keep a loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def left(app, after):
    """Ask for /parts as a page that goes away after so many parts."""
    seen, gone = [], asyncio.Event()

    async def receive():
        if not receive.asked:
            receive.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        if message.get("body"):
            seen.append(message["body"])
        if len(seen) >= after:
            gone.set()

    receive.asked = False
    scope = {"type": "http", "method": "GET", "path": "/parts", "headers": [], "query_string": b"", "asgi": {}}
    await app(scope, receive, send)
    return seen


@pytest.mark.parametrize("slow_s", [0.001, 0.05])
def test_work_ends_when_its_page_goes_away(slow_s):
    ended, steps = threading.Event(), []

    def work(progress):
        try:
            for done in range(10_000):
                steps.append(done)
                time.sleep(slow_s)
                progress(done, 10_000)
        finally:
            ended.set()

    run(left(served(lambda: counted(work)), 3))

    assert ended.wait(10)
    assert len(steps) < 10_000


def test_a_generator_is_closed_when_its_page_goes_away_in_the_middle_of_a_step():
    closed, resume = threading.Event(), threading.Event()

    def make():
        try:
            yield part({"number": 0})
            resume.wait(10)
            while True:
                yield part({"number": 1})
        finally:
            closed.set()

    async def page():
        await left(served(make), 1)
        resume.set()
        await asyncio.to_thread(closed.wait, 10)

    run(page())

    assert closed.is_set()
