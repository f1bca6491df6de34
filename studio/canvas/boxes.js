// Lesion boxes: where a hand takes hold of one, and what a drag makes of it. A box is {left, top, right, bottom,
// condition} in whole map pixels, right and bottom exclusive; a changed box is a new object, never the same one.

const SMALLEST_PX = 4, GRIP_PX = 9; // the grip in CSS pixels
export const GRIPS = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

// Where a grip sits on a box.
export function gripAt({ left, top, right, bottom }, grip) {
  const x = grip.includes("w") ? left : grip.includes("e") ? right : (left + right) / 2;
  const y = grip.includes("n") ? top : grip.includes("s") ? bottom : (top + bottom) / 2;
  return { x, y };
}

function gripUnder(box, point, scale) {
  const near = grip => { const at = gripAt(box, grip); return Math.hypot(at.x - point.x, at.y - point.y) * scale <= GRIP_PX; };
  return GRIPS.find(near);
}

function holds(box, { x, y }) {
  return x >= box.left && y >= box.top && x < box.right && y < box.bottom;
}

// What lies under a point: {index, grip}, the chosen box's grips first, then the topmost box as a whole; or null.
export function boxUnder(boxes, chosen, point, scale) {
  const grip = boxes[chosen] && gripUnder(boxes[chosen], point, scale);
  if (grip) return { index: chosen, grip };
  const index = boxes.findLastIndex(box => holds(box, point));
  return index < 0 ? null : { index, grip: null };
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

// The box moved by whole pixels and kept inside the map.
export function shifted(box, dx, dy, { width, height }) {
  const x = clamp(Math.round(dx), -box.left, width - box.right), y = clamp(Math.round(dy), -box.top, height - box.bottom);
  return { ...box, left: box.left + x, right: box.right + x, top: box.top + y, bottom: box.bottom + y };
}

// The box with the sides that a grip holds moved; they never pass the opposite ones nor the map's edge.
export function stretched(box, grip, dx, dy, { width, height }) {
  const out = { ...box }, x = Math.round(dx), y = Math.round(dy);
  if (grip.includes("w")) out.left = clamp(box.left + x, 0, box.right - SMALLEST_PX);
  if (grip.includes("e")) out.right = clamp(box.right + x, box.left + SMALLEST_PX, width);
  if (grip.includes("n")) out.top = clamp(box.top + y, 0, box.bottom - SMALLEST_PX);
  if (grip.includes("s")) out.bottom = clamp(box.bottom + y, box.top + SMALLEST_PX, height);
  return out;
}

// The box that two corners span, or null where it would be too small.
export function spanned(a, b, { width, height }) {
  const side = (p, q, limit) => [clamp(Math.round(Math.min(p, q)), 0, limit), clamp(Math.round(Math.max(p, q)), 0, limit)];
  const [left, right] = side(a.x, b.x, width), [top, bottom] = side(a.y, b.y, height);
  const large = right - left >= SMALLEST_PX && bottom - top >= SMALLEST_PX;
  return large ? { left, top, right, bottom, condition: null } : null;
}

// A box of exact numbers, moved and cut so that it lies inside the map.
export function placed(box, { left, top, width, height }, map) {
  const wide = clamp(width, SMALLEST_PX, map.width), high = clamp(height, SMALLEST_PX, map.height);
  const x = clamp(left, 0, map.width - wide), y = clamp(top, 0, map.height - high);
  return { ...box, left: x, top: y, right: x + wide, bottom: y + high };
}

// Drawing a box, moving one, pulling a grip; the right button or Shift takes away the one under the pointer.
export function boxTool(editor, start, { clear, scale }) {
  const found = boxUnder(editor.boxes, editor.tool.box, start, scale);
  if (clear) { if (found) editor.dropBox(found.index); return null; }
  editor.begin();
  if (!found) return drawing(editor, start);
  editor.choose({ box: found.index });
  const box = editor.boxes[found.index];
  const make = (dx, dy) => found.grip ? stretched(box, found.grip, dx, dy, editor.map) : shifted(box, dx, dy, editor.map);
  return {
    to: point => editor.shapeBox(found.index, make(point.x - start.x, point.y - start.y)),
    end: () => editor.end(),
  };
}

function drawing(editor, start) {
  const index = editor.boxes.length;
  editor.choose({ box: null });
  return {
    to: point => {
      const box = spanned(start, point, editor.map);
      if (box) editor.layBox(index, box);
    },
    end: () => editor.end(),
  };
}
