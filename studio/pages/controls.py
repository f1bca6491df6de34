"""The small parts that every screen is made of: icons, buttons, key caps."""

from html import escape
from typing import Final

ICONS: Final = {
    "brush": "M20 3 10 13M9 13a4 4 0 0 0-4 4c0 2-1 3-2 3 3 1.5 9 1 9-4a3 3 0 0 0-3-3z",
    "eraser": "M9 20h11M4 15 14 5l6 6-9 9H8zM9 10l6 6",
    "fill": "M4 12l8-8 8 8-7 7a2 2 0 0 1-2 0zM4 12h16M9 7 6 4M21 16v3",
    "lasso": "M12 4c5 0 9 2.5 9 6s-4 6-9 6-9-2.5-9-6 4-6 9-6zM7 15c-2 1-2 4 0 4s2 2 0 3",
    "superpixel": "M9 3l5 3v6l-5 3-5-3V6zM14 12l5 3v5M14 6l5-3M9 15v6",
    "box": "M5 5h14v14H5zM3 3h4v4H3zM17 3h4v4h-4zM3 17h4v4H3zM17 17h4v4h-4z",
    "bin": "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
    "around": "M4 8V4h4M20 8V4h-4M4 16v4h4M20 16v4h-4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
    "eyedropper": "M14 6l4 4M16 8 6 18l-3 3 1-4L14 6l2-2a2.8 2.8 0 0 1 4 4l-2 2",
    "inside": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
    "eye": "M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "light": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1 1M18 18l1 1M19 5l-1 1M6 18l-1 1",
    "undo": "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
    "redo": "M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
    "fit": "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    "previous": "M15 5l-7 7 7 7",
    "next": "M9 5l7 7-7 7",
    "lock": "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
    "dice": "M7 4h10l3 3v10l-3 3H7l-3-3V7zM8.5 8v1M15.5 8v1M12 11.5v1M8.5 15v1M15.5 15v1",
}


def icon(name: str) -> str:
    """A line icon as inline SVG: no icon font, no request."""
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'


def button(kind: str, value: object, inside: str, title: str, look: str = "tool") -> str:
    """A button that the scripts find by its data attribute."""
    return (
        f'<button type="button" class="{look}" data-{kind}="{value}" title="{escape(title)}" '
        f'aria-label="{escape(title)}">{inside}</button>'
    )


def key(text: str) -> str:
    """A key cap."""
    return f"<kbd>{escape(text)}</kbd>"
