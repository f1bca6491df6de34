"""An independent rasteriser in numpy: what a stroke must do to the packed cells, written from the rules, not the page.

A cell is a uint16: bit 0 lesion, bit 1 border, two bits a marker from bit 2 (engine/cases/planes.py).
"""

import itertools

import numpy as np
from scipy import ndimage
from skimage.measure import points_in_poly

SKIN, LESION = 1, 2


def capsule(shape, start, end, radius):
    """Pixels whose centre is at most `radius` from the segment: bool [H, W]. start, end: (x, y) in map pixels."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    x, y = columns + 0.5 - start[0], rows + 0.5 - start[1]
    dx, dy = end[0] - start[0], end[1] - start[1]
    length2 = dx * dx + dy * dy
    along = np.clip((x * dx + y * dy) / length2, 0, 1) if length2 else np.zeros(shape)
    return (x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius


def stroke(shape, points, radius):
    """The union of capsules along a path, its first point dabbed: bool [H, W]."""
    inside = capsule(shape, points[0], points[0], radius)
    for start, end in itertools.pairwise(points):
        inside |= capsule(shape, start, end, radius)
    return inside


def polygon(shape, points):
    """Pixels whose centre lies inside the closed outline of (x, y): bool [H, W]."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    centres = np.column_stack([columns.ravel() + 0.5, rows.ravel() + 0.5])
    return points_in_poly(centres, np.array(points)).reshape(shape)


def region(cells, x, y):
    """The pixels that are what (x, y) is and hang together with it: bool [H, W]."""
    pieces, _ = ndimage.label(cells == cells[y, x])
    return pieces == pieces[y, x]


def painted(cells, inside, label, certainty=2):
    """Cells after `label` was painted where `inside`: skin and lesion replace all, a marker replaces itself."""
    plain = {SKIN: np.zeros_like(cells), LESION: np.ones_like(cells)}
    value = plain[label] if label in plain else with_marker(cells, label, certainty)
    return np.where(inside, value, cells).astype(np.uint16)


def erased(cells, inside, label):
    """Cells after the eraser with `label` chosen: a marker goes alone, skin and lesion take everything."""
    value = np.zeros_like(cells) if label <= LESION else with_marker(cells, label, 0)
    return np.where(inside, value, cells).astype(np.uint16)


def with_marker(cells, label, certainty):
    """All cells with one marker's two bits replaced."""
    shift = 2 + 2 * (label - 3)
    return ((cells & np.uint16(0xFFFF ^ (3 << shift))) | np.uint16(certainty << shift)).astype(np.uint16)


def moved(cells, backwards):
    """Cells after the whole lesion moved about its middle; backwards: (dx, dy) → where that pixel's content was."""
    rows, columns = np.nonzero(cells)
    x, y = columns.mean() + 0.5, rows.mean() + 0.5
    down, across = np.mgrid[0 : cells.shape[0], 0 : cells.shape[1]]
    dx, dy = backwards(across + 0.5 - x, down + 0.5 - y)
    row, column = np.floor(y + dy).astype(int), np.floor(x + dx).astype(int)
    inside = (row >= 0) & (row < cells.shape[0]) & (column >= 0) & (column < cells.shape[1])
    return np.where(inside, cells[row.clip(0, cells.shape[0] - 1), column.clip(0, cells.shape[1] - 1)], 0)


def carried(cells, start, end, kept=0):
    """Cells after what lay in the box `start` was stretched into `end`; boxes: (left, top, right, bottom)."""
    left, top, right, bottom = start
    stays, box = np.uint16(kept | 2), cells[top:bottom, left:right]
    out = cells.copy()
    out[top:bottom, left:right] &= stays
    left, top, right, bottom = end
    rows = np.floor((np.arange(bottom - top) + 0.5) * (box.shape[0] / (bottom - top))).astype(int)
    columns = np.floor((np.arange(right - left) + 0.5) * (box.shape[1] / (right - left))).astype(int)
    content = box[np.ix_(rows, columns)] & ~stays
    view = out[top:bottom, left:right]
    view[:] = np.where((content > 0) & (view & 2 == 0), (view & stays) | content, view)
    return out
