// Hard rasterisers on the packed cells: a pixel is in or out, never blended, so the map stays exact.
import { operate, bears } from "./cells.js";

export function emptyRect() {
  return { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
}

export function isEmpty(rect) {
  return rect.right <= rect.left || rect.bottom <= rect.top;
}

export function growRect(rect, left, top, right, bottom) {
  rect.left = Math.min(rect.left, left);
  rect.top = Math.min(rect.top, top);
  rect.right = Math.max(rect.right, right);
  rect.bottom = Math.max(rect.bottom, bottom);
}

// Every pixel whose centre lies within `radius` of the segment from -> to (pixels; centres at +0.5).
export function paintCapsule(map, from, to, radius, operation, rect) {
  const { cells, width, height } = map, limit = radius * radius;
  const dx = to.x - from.x, dy = to.y - from.y, length2 = dx * dx + dy * dy;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius - 1));
  const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + radius + 1));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius - 1));
  const bottom = Math.min(height, Math.ceil(Math.max(from.y, to.y) + radius + 1));
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) {
    const px = x + 0.5 - from.x, py = y + 0.5 - from.y;
    const along = length2 > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
    const ex = px - along * dx, ey = py - along * dy;
    if (ex * ex + ey * ey <= limit) operate(cells, y * width + x, operation);
  }
  if (right > left && bottom > top) growRect(rect, left, top, right, bottom);
}

// Superpixels by id: the pixels of each and where they lie.
export class Superpixels {
  constructor(ids, width, height) {
    this.ids = ids;
    this.width = width;
    this.height = height;
    this.pixels = new Map();
    for (let index = 0; index < ids.length; index++) {
      const list = this.pixels.get(ids[index]);
      if (list) list.push(index); else this.pixels.set(ids[index], [index]);
    }
  }

  at(x, y) {
    const column = Math.floor(x), row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return null;
    return this.ids[row * this.width + column];
  }

  // More than half of the superpixel bears exactly this class and certainty.
  mostlyBears(cells, id, label, certainty) {
    const pixels = this.pixels.get(id);
    let count = 0;
    for (const index of pixels) if (bears(cells[index], label, certainty)) count++;
    return 2 * count > pixels.length;
  }

  paint(cells, id, operation, rect) {
    for (const index of this.pixels.get(id)) {
      operate(cells, index, operation);
      const x = index % this.width, y = Math.floor(index / this.width);
      growRect(rect, x, y, x + 1, y + 1);
    }
  }

  // The outline as a path in map pixels.
  outline(id) {
    const path = new Path2D(), { ids, width, height } = this;
    const segment = (x0, y0, x1, y1) => { path.moveTo(x0, y0); path.lineTo(x1, y1); };
    for (const index of this.pixels.get(id)) {
      const x = index % width, y = Math.floor(index / width);
      if (x === 0 || ids[index - 1] !== id) segment(x, y, x, y + 1);
      if (x === width - 1 || ids[index + 1] !== id) segment(x + 1, y, x + 1, y + 1);
      if (y === 0 || ids[index - width] !== id) segment(x, y, x + 1, y);
      if (y === height - 1 || ids[index + width] !== id) segment(x, y + 1, x + 1, y + 1);
    }
    return path;
  }
}
