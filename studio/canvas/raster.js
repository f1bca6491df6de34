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

// Every pixel whose centre lies inside the closed outline [{x, y}], by the even-odd rule.
export function paintPolygon(map, points, operation, rect) {
  const { cells, width, height } = map, ys = points.map(point => point.y);
  const top = Math.max(0, Math.floor(Math.min(...ys))), bottom = Math.min(height, Math.ceil(Math.max(...ys)));
  for (let y = top; y < bottom; y++) {
    const crossings = crossingsAt(points, y + 0.5);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const left = Math.max(0, Math.ceil(crossings[pair] - 0.5));
      const right = Math.min(width, Math.ceil(crossings[pair + 1] - 0.5));
      for (let x = left; x < right; x++) operate(cells, y * width + x, operation);
      if (right > left) growRect(rect, left, y, right, y + 1);
    }
  }
}

// Where a closed outline meets a horizontal line, from left to right.
function crossingsAt(points, y) {
  const found = [];
  for (let index = 0; index < points.length; index++) {
    const a = points[index], b = points[(index + 1) % points.length];
    if (a.y > y !== b.y > y) found.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
  }
  return found.sort((a, b) => a - b);
}

// The pixels that bear just what (x, y) bears and hang together with it along their sides.
export function paintRegion(map, x, y, operation, rect) {
  const { cells, width, height } = map, wanted = cells[y * width + x];
  const seen = new Uint8Array(cells.length), waiting = [y * width + x];
  seen[waiting[0]] = 1;
  const visit = index => { if (!seen[index] && cells[index] === wanted) { seen[index] = 1; waiting.push(index); } };
  const region = [];
  while (waiting.length) {
    const index = waiting.pop(), column = index % width;
    region.push(index);
    if (column > 0) visit(index - 1);
    if (column < width - 1) visit(index + 1);
    if (index >= width) visit(index - width);
    if (index < width * (height - 1)) visit(index + width);
  }
  for (const index of region) {
    operate(cells, index, operation);
    growRect(rect, index % width, Math.floor(index / width), index % width + 1, Math.floor(index / width) + 1);
  }
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

  // The middle of a superpixel, in map pixels.
  middle(id) {
    const pixels = this.pixels.get(id), middle = { x: 0.5, y: 0.5 };
    for (const index of pixels) {
      middle.x += index % this.width / pixels.length;
      middle.y += Math.floor(index / this.width) / pixels.length;
    }
    return middle;
  }

  // The centre of the pixel that lies nearest to the middle: a bent superpixel may not hold its own middle.
  within(id) {
    const middle = this.middle(id);
    const points = this.pixels.get(id).map(i => ({ x: i % this.width + 0.5, y: Math.floor(i / this.width) + 0.5 }));
    const far = point => Math.hypot(point.x - middle.x, point.y - middle.y);
    return points.reduce((best, point) => (far(point) < far(best) ? point : best));
  }

  // Those that share a side with a pixel of this one.
  beside(id) {
    const found = new Set(), { ids, width } = this;
    for (const index of this.pixels.get(id)) {
      const column = index % width;
      if (column > 0) found.add(ids[index - 1]);
      if (column < width - 1) found.add(ids[index + 1]);
      if (index >= width) found.add(ids[index - width]);
      if (index + width < ids.length) found.add(ids[index + width]);
    }
    found.delete(id);
    return found;
  }

  // The one beside it that lies straightest in the direction (dx, dy); itself where none lies within 60 degrees.
  neighbour(id, dx, dy) {
    const from = this.middle(id);
    let best = id, straightest = 0.5;
    for (const other of this.beside(id)) {
      const to = this.middle(other), x = to.x - from.x, y = to.y - from.y;
      const straight = (x * dx + y * dy) / Math.hypot(x, y);
      if (straight > straightest) { best = other; straightest = straight; }
    }
    return best;
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
