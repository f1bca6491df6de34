"""Autosave's two routes: a tab's unsaved case comes in after every stroke, and goes out when the tab opens again.

POST /draft?tab=…&revision=…   a case as canvas/wire.py packs it     → 204
GET  /draft?tab=…              → a case as wire.py packs it, its revision in the sequence number, or 204
"""

from fastapi import FastAPI, Request, Response

from engine import service
from studio.canvas.wire import case_response, unpack_message
from studio.streams import answered

REVISION_LIMIT = 2**31


def add_routes(app: FastAPI, drafts: service.Drafts) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.post("/draft")
    async def save(request: Request, tab: str, revision: int) -> Response:
        body = await request.body()
        return await answered(lambda: _saved(drafts, tab, revision, body))

    @app.get("/draft")
    async def load(tab: str) -> Response:
        return await answered(lambda: _loaded(drafts, tab))


def _saved(drafts: service.Drafts, tab: str, revision: int, body: bytes) -> Response:
    if not 0 <= revision < REVISION_LIMIT:
        raise service.EngineError(f"the revision is {revision}; 0 to {REVISION_LIMIT - 1} are allowed.")
    drafts.save(tab, service.Draft(revision, unpack_message(body).case))
    return Response(status_code=204)


def _loaded(drafts: service.Drafts, tab: str) -> Response:
    draft = drafts.load(tab)
    if draft is None:
        return Response(status_code=204)
    return case_response(draft.case, draft.revision)
