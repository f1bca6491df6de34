// One pixel of all planes is a uint16 cell: bit 0 lesion, bit 1 border, then two bits a marker from bit 2, in the
// order of the palette's digits 3..7 (engine/cases/planes.py, pack). What a tool does to a cell is an operation
// {keep, add, need, skin}: cell becomes (cell & keep) | add where it has all bits of `need`; `skin` spares bare skin.
// A letterbox border is not skin, so no tool touches it.

export const SKIN = 1, LESION = 2, FIRST_MARKER = 3, LAST_MARKER = 7;
export const POSSIBLE = 1, DEFINITE = 2;
export const LESION_BIT = 1, BORDER_BIT = 2, MARKER_BITS = 0xffc;
const NOTHING = { keep: 0, add: 0 };

function shiftOf(label) {
  return 2 + 2 * (label - FIRST_MARKER);
}

// Skin and lesion are painted over everything; a marker is laid on top and leaves the other planes alone.
export function paintOperation(label, certainty) {
  if (label === SKIN) return NOTHING;
  if (label === LESION) return { keep: 0, add: LESION_BIT };
  return { keep: 0xffff ^ (3 << shiftOf(label)), add: certainty << shiftOf(label) };
}

// Takes the chosen marker away; with skin or lesion chosen, everything down to the skin.
export function clearOperation(label) {
  if (label < FIRST_MARKER) return NOTHING;
  return { keep: 0xffff ^ (3 << shiftOf(label)), add: 0 };
}

// The bits in which a class is held; bare skin has none.
export function bitsOf(label) {
  if (label === SKIN) return 0;
  return label === LESION ? LESION_BIT : 3 << shiftOf(label);
}

export function lockedBits(labels) {
  return [...labels].reduce((all, label) => all | bitsOf(label), 0);
}

// An operation that leaves locked classes alone and, with `inside`, everything outside the lesion.
export function guarded({ keep, add }, { labels, inside }) {
  const bits = lockedBits(labels);
  return { keep: keep | bits, add: add & ~bits, need: inside ? LESION_BIT : 0, skin: labels.has(SKIN) };
}

export function operate(cells, index, { keep, add, need, skin }) {
  const cell = cells[index];
  if (cell & BORDER_BIT || (cell & need) !== need || (skin && cell === 0)) return;
  cells[index] = (cell & keep) | add;
}

export function bears(cell, label, certainty) {
  if (label === SKIN) return false;
  if (label === LESION) return (cell & LESION_BIT) !== 0 && (cell & MARKER_BITS) === 0;
  return ((cell >> shiftOf(label)) & 3) === certainty;
}

// The markers of a cell, highest digit first: [{label, certainty}].
export function markersOf(cell) {
  const found = [];
  for (let label = LAST_MARKER; label >= FIRST_MARKER; label--) {
    const certainty = (cell >> shiftOf(label)) & 3;
    if (certainty) found.push({ label, certainty });
  }
  return found;
}

export function groundOf(cell) {
  if (cell & BORDER_BIT) return 0;
  return cell & LESION_BIT ? LESION : SKIN;
}
