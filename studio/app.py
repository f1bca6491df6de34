"""Lays out the app: our live routes first, then Gradio's page, behind the doors; serves the page before torch is there."""

import os
import sys
import threading
import webbrowser
from typing import Any

import uvicorn
from fastapi import FastAPI
from platformdirs import user_data_path

from engine import service
from studio import doors, drafts, library, live, sweeps


def build(painter: live.Painter, port: int, unsaved: service.Drafts, kept: service.Library) -> Any:
    """The whole ASGI app around a painter. unsaved: where drafts go. kept: the Library."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from studio import theme
    from studio.pages.studio import page

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    live.add_routes(app, painter)
    drafts.add_routes(app, unsaved)
    library.add_routes(app, painter, kept)
    sweeps.add_routes(app, painter)
    mounted = gr.mount_gradio_app(
        app,
        page((service.DEFAULT,)),
        path="/",
        theme=theme.gradio_theme(),
        css=theme.style_sheet(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
    )
    return doors.Doors(mounted, port)


def serve(host: str = "127.0.0.1", port: int = 7860, device: str = "cpu", open_browser: bool = False) -> None:
    """Serve the studio until it is stopped."""
    listener = doors.bound_socket(doors.checked_host(host), port)
    painter = service.Studio(device=device)
    unsaved = service.Drafts(user_data_path("moulage") / "drafts")
    app = build(painter, port, unsaved, service.Library(service.library_folder()))
    threading.Thread(target=_warm, args=(painter,), daemon=True).start()
    address = f"http://{'localhost' if host == 'localhost' else host}:{port}"
    print(f"Moulage is at {address}   (stop with Ctrl-C)", file=sys.stderr, flush=True)
    if open_browser:
        webbrowser.open(address)
    config = uvicorn.Config(app, log_level="warning", ws_max_size=doors.MESSAGE_LIMIT_BYTES)
    uvicorn.Server(config).run(sockets=[listener])


def _warm(painter: service.Studio) -> None:
    """Load torch and the weights while the browser loads the page; a failure is told again at the first picture."""
    try:
        painter.strip(painter.starter_case())
    except Exception as error:  # the thread's last words; the page shows the same sentence
        print(f"moulage: the generator could not start: {error}", file=sys.stderr, flush=True)
