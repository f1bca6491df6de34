// Undo of everything that belongs to the case: each entry holds what a gesture changed, before and after.
import { isEmpty } from "./raster.js";

export const HISTORY_LIMIT = 300;

export function cut(map, rect) {
  const width = rect.right - rect.left, out = new Uint16Array(width * (rect.bottom - rect.top));
  for (let y = rect.top, at = 0; y < rect.bottom; y++, at += width) {
    const start = y * map.width + rect.left;
    out.set(map.cells.subarray(start, start + width), at);
  }
  return out;
}

export function paste(map, rect, cells) {
  const width = rect.right - rect.left;
  for (let y = rect.top, at = 0; y < rect.bottom; y++, at += width) {
    map.cells.set(cells.subarray(at, at + width), y * map.width + rect.left);
  }
}

// The changed rectangle between two maps of one size, or null where no cell differs.
export function difference(before, after, rect) {
  if (isEmpty(rect)) return null;
  const old = cut(before, rect), fresh = cut(after, rect);
  return old.every((cell, index) => cell === fresh[index]) ? null : { rect, before: old, after: fresh };
}

export class History {
  constructor(limit = HISTORY_LIMIT) {
    this.limit = limit;
    this.done = [];
    this.undone = [];
  }

  push(entry) {
    this.done.push(entry);
    if (this.done.length > this.limit) this.done.shift();
    this.undone = [];
  }

  back() {
    const entry = this.done.pop();
    if (entry) this.undone.push(entry);
    return entry;
  }

  forward() {
    const entry = this.undone.pop();
    if (entry) this.done.push(entry);
    return entry;
  }
}
