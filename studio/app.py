"""Lays out the app, our routes first, then Gradio's page, behind the access checks; serves it before torch is there."""

import os
import sys
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from engine import service
from studio import access
from studio.screens.help import routes as guide
from studio.screens.library import routes as library
from studio.screens.paint import drafts, live, photos
from studio.screens.painter import Painter
from studio.screens.sample import routes as sample
from studio.screens.sweep import routes as sweep


@dataclass(frozen=True)
class Stores:
    """Where a user's own things go: unsaved work, the Library, opened photos, indexes of real photos."""

    drafts: service.Drafts
    library: service.Library
    photos: service.Photos
    indexes: Path


def stores_in(folder: Path) -> Stores:
    """All of them in one folder."""
    return Stores(
        service.Drafts(folder / "drafts"),
        service.Library(folder / "library"),
        service.Photos(folder / "photos"),
        folder / "indexes",
    )


def build(painter: Painter, address: str, stores: Stores, samplers: sample.Maker | None = None) -> Any:
    """The whole ASGI app around a painter. samplers: who makes samples from noise; None makes them on the CPU."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from studio import theme
    from studio.canvas import modules
    from studio.screens.page import page

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    modules.add_routes(app)
    guide.add_routes(app)
    live.add_routes(app, painter, stores.photos)
    drafts.add_routes(app, stores.drafts)
    library.add_routes(app, painter, stores.library)
    sweep.add_routes(app, painter)
    photos.add_routes(app, stores.photos, painter)
    sample.add_routes(app, samplers or service.Samplers(), service.Nearest(stores.indexes), stores.library)
    mounted = gr.mount_gradio_app(
        app,
        page(service.live_generators(), service.noise_generators()),
        path="/",
        theme=theme.gradio_theme(),
        css=theme.style_sheet(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
    )
    return access.Access(modules.Preloading(mounted), address)


def serve(host: str = "127.0.0.1", port: int = 7860, device: str = "cpu", open_browser: bool = False) -> None:
    """Serve the studio until it is stopped."""
    listener = access.bound_socket(access.checked_host(host), port)
    painter = service.Painters(device)
    folder = service.user_folder()
    address = access.address_of(host, port)
    app = build(painter, address, stores_in(folder), service.Samplers(device))
    threading.Thread(target=_warm, args=(painter,), daemon=True).start()
    print(f"Moulage is at {address}   (stop with Ctrl-C)", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)
    config = uvicorn.Config(app, log_level="warning", ws_max_size=access.MESSAGE_LIMIT_BYTES)
    uvicorn.Server(config).run(sockets=[listener])


def _warm(painter: service.Painters) -> None:
    """Load torch and the weights while the browser loads the page; a failure is told again at the first picture."""
    try:
        painter.strip(painter.starter_case())
    except Exception as error:  # the thread's last words; the page shows the same sentence
        print(f"moulage: the generator could not start: {error}", file=sys.stderr, flush=True)
