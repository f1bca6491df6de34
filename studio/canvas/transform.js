// The whole lesion moved at once, nearest neighbour about its middle, and one marker laid as another.
import { BORDER_BIT, bitsOf } from "./cells.js";

// Where a pixel's content comes from: (dx, dy) from the middle, to the same before the move.
export const MOVES = {
  mirror: (dx, dy) => [-dx, dy],
  flip: (dx, dy) => [dx, -dy],
  turn: turned(15),
  back: turned(-15),
  grow: (dx, dy) => [dx / 1.1, dy / 1.1],
  shrink: (dx, dy) => [dx * 1.1, dy * 1.1],
};

// Clockwise on the screen, whose y points down.
function turned(degrees) {
  const cos = Math.cos(degrees * Math.PI / 180), sin = Math.sin(degrees * Math.PI / 180);
  return (dx, dy) => [cos * dx + sin * dy, cos * dy - sin * dx];
}

// The mean of all pixels that are more than bare skin, or null where there are none.
export function middle({ cells, width }) {
  let count = 0, x = 0, y = 0;
  for (let index = 0; index < cells.length; index++) {
    if (!(cells[index] & ~BORDER_BIT)) continue;
    count++;
    x += index % width + 0.5;
    y += Math.floor(index / width) + 0.5;
  }
  return count ? { x: x / count, y: y / count } : null;
}

// The map's cells after a move; the bits in `kept` and the border stay where they are.
export function moved({ cells, width, height }, move, centre, kept) {
  const out = new Uint16Array(cells.length);
  for (let index = 0; index < cells.length; index++) {
    const [dx, dy] = move(index % width + 0.5 - centre.x, Math.floor(index / width) + 0.5 - centre.y);
    const x = Math.floor(centre.x + dx), y = Math.floor(centre.y + dy);
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    const content = inside ? cells[y * width + x] & ~BORDER_BIT : 0;
    out[index] = cells[index] & BORDER_BIT ? cells[index] : (content & ~kept) | (cells[index] & kept);
  }
  return out;
}

// Every pixel's certainty of one marker becomes that of another.
export function copied({ cells }, from, to) {
  const source = bitsOf(from), target = bitsOf(to), up = target > source;
  const shift = Math.abs(Math.log2(target / source));
  return cells.map(cell => cell & BORDER_BIT ? cell
    : (cell & ~target) | (up ? (cell & source) << shift : (cell & source) >> shift));
}

// What lies in the box `from` is laid into the box `to`, stretched to it by the nearest pixel, and leaves skin behind.
// The bits in `kept` and the border stay where they are; bare skin covers nothing.
export function carried({ cells, width }, from, to, kept) {
  const out = cells.slice(), stays = kept | BORDER_BIT;
  for (let y = from.top; y < from.bottom; y++) {
    for (let x = from.left; x < from.right; x++) out[y * width + x] &= stays;
  }
  const across = (from.right - from.left) / (to.right - to.left), down = (from.bottom - from.top) / (to.bottom - to.top);
  for (let y = to.top; y < to.bottom; y++) {
    const line = (from.top + Math.floor((y - to.top + 0.5) * down)) * width;
    for (let x = to.left; x < to.right; x++) {
      const content = cells[line + from.left + Math.floor((x - to.left + 0.5) * across)] & ~stays, index = y * width + x;
      if (content && !(out[index] & BORDER_BIT)) out[index] = (out[index] & stays) | content;
    }
  }
  return out;
}

// The box around all that is more than bare skin, {left, top, right, bottom}, or null where there is nothing.
export function extent({ cells, width }) {
  let box = null;
  for (let index = 0; index < cells.length; index++) {
    if (!(cells[index] & ~BORDER_BIT)) continue;
    const x = index % width, y = Math.floor(index / width);
    box = box || { left: x, top: y, right: x + 1, bottom: y + 1 };
    box = { left: Math.min(box.left, x), top: box.top, right: Math.max(box.right, x + 1), bottom: y + 1 };
  }
  return box;
}
