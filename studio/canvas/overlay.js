// The map as people see it: class colours with a pattern each. It is drawn from the cells into a canvas three times the map's
// size and is never read back.
import { markersOf, groundOf, POSSIBLE, SKIN } from "./cells.js";

const FINE = 3, PERIOD = 12, INK_SHADE = 0.76;

// Where a pattern is inked, in fine pixels: a class is told by colour and by pattern, never by colour alone.
const PATTERNS = {
  plain: () => false,
  slash: (x, y) => (x + y) % PERIOD < 4,
  backslash: (x, y) => (x - y + 1200 * PERIOD) % PERIOD < 4,
  upright: x => x % PERIOD < 4,
  dots: (x, y) => (x % PERIOD - 5) ** 2 + (y % PERIOD - 5) ** 2 < 11,
  rings: (x, y) => Math.abs(Math.hypot(x % 18 - 8.5, y % 18 - 8.5) - 5) < 1.6,
};

function rgb(hex, factor) {
  const value = parseInt(hex.slice(1), 16), part = shift => Math.round(((value >> shift) & 255) * factor);
  return (255 << 24 | part(0) << 16 | part(8) << 8 | part(16)) >>> 0;
}

// A palette entry {colour, pattern} as ink: ground and pattern colours as little-endian RGBA.
function inkOf(entry) {
  return { tints: [rgb(entry.colour, 1), rgb(entry.colour, INK_SHADE)], inked: PATTERNS[entry.pattern] };
}

export class Overlay {
  constructor(palette) {
    this.inks = palette.map(inkOf);
    this.stacks = new Map();
    this.hidden = new Set();
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
  }

  // Returns whether the map has another size than before.
  resize({ width, height }) {
    if (this.canvas.width === width * FINE && this.canvas.height === height * FINE) return false;
    this.canvas.width = width * FINE;
    this.canvas.height = height * FINE;
    return true;
  }

  // Hidden classes are left out of the drawing, a hidden lesion looks like skin.
  hide(labels) {
    this.hidden = new Set(labels);
    this.stacks.clear();
  }

  stackOf(cell) {
    let stack = this.stacks.get(cell);
    if (stack) return stack;
    const ground = groundOf(cell), seen = this.hidden.has(ground) ? SKIN : ground;
    stack = { ground: this.inks[seen], markers: markersOf(cell).filter(({ label }) => !this.hidden.has(label)) };
    this.stacks.set(cell, stack);
    return stack;
  }

  // Several markers share a pixel in stripes; a possible one lets the ground through like a sieve.
  colour(cell, x, y) {
    const { ground, markers } = this.stackOf(cell);
    let ink = ground;
    if (markers.length) {
      const marker = markers[((x + 2 * y) >> 3) % markers.length];
      const sieved = marker.certainty === POSSIBLE && ((x >> 1) + (y >> 1)) & 1;
      if (!sieved) ink = this.inks[marker.label];
    }
    return ink.tints[ink.inked(x, y) ? 1 : 0];
  }

  draw(map, rect) {
    const left = Math.max(0, rect.left - 1), top = Math.max(0, rect.top - 1);
    const width = Math.min(map.width, rect.right + 1) - left, height = Math.min(map.height, rect.bottom + 1) - top;
    const image = this.context.createImageData(width * FINE, height * FINE);
    const out = new Uint32Array(image.data.buffer);
    for (let row = 0, at = 0; row < height * FINE; row++) {
      const y = top * FINE + row, line = Math.floor(y / FINE) * map.width;
      for (let column = 0; column < width * FINE; column++, at++) {
        const x = left * FINE + column;
        out[at] = this.colour(map.cells[line + Math.floor(x / FINE)], x, y);
      }
    }
    this.context.putImageData(image, left * FINE, top * FINE);
  }

  // A palette swatch with the very colour and pattern of the map.
  swatch(canvas, label) {
    const size = canvas.width, context = canvas.getContext("2d"), image = context.createImageData(size, size);
    const out = new Uint32Array(image.data.buffer), ink = this.inks[label];
    for (let at = 0; at < out.length; at++) out[at] = ink.tints[ink.inked(at % size, Math.floor(at / size)) ? 1 : 0];
    context.putImageData(image, 0, 0);
  }
}
