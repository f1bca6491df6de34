"""The guide, for someone who opens the studio for the first time: studio/guide/*.md as pages of their own.

GET /guide              → the first chapter
GET /guide/CHAPTER.md   → a chapter as HTML, with links to the others
GET /guide/PICTURE      → a screenshot that a chapter shows
"""

import re
from functools import lru_cache
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from studio import theme, words

FOLDER = Path(__file__).resolve().parent.parent.parent / "guide"
PICTURES = (".jpg", ".png")
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(), undefined=StrictUndefined
)


def add_routes(app: FastAPI) -> None:
    """To be added before Gradio is mounted on "/"."""

    @app.get("/guide")
    def first() -> Response:
        return RedirectResponse(f"/guide/{chapters()[0][0]}")

    @app.get("/guide/{name}")
    def part(name: str) -> Response:
        if name in dict(chapters()):
            return HTMLResponse(page(name))
        if name in pictures():
            return FileResponse(FOLDER / name)
        return HTMLResponse(words.NO_CHAPTER, 404)


@lru_cache(maxsize=1)
def chapters() -> tuple[tuple[str, str], ...]:
    """(file name, title) of each chapter in order; the title is the text's first heading."""
    files = sorted(FOLDER.glob("*.md"))
    return tuple((file.name, file.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")) for file in files)


@lru_cache(maxsize=1)
def pictures() -> frozenset[str]:
    """File names of the screenshots; no other file is handed out."""
    return frozenset(file.name for file in FOLDER.iterdir() if file.suffix in PICTURES)


@lru_cache(maxsize=32)
def page(name: str) -> str:
    """One chapter as a whole HTML page."""
    text = MarkdownIt("commonmark").enable("table").render((FOLDER / name).read_text(encoding="utf-8"))
    text = re.sub(r"<table>", '<table class="words">', text)
    names = [chapter for chapter, _ in chapters()]
    after = names[names.index(name) + 1 :][:1]
    return TEMPLATES.get_template("chapter.html").render(
        words=words,
        name=name,
        title=dict(chapters())[name],
        chapters=chapters(),
        following=[(one, dict(chapters())[one]) for one in after],
        text=Markup(text),  # of our own files, in which commonmark lets HTML through
        colours=theme.DARK,
    )
