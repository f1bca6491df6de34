// The case in the hand: packed cells, settings, tools, undo. It knows no canvas and no server; it emits
//   "cells" {rect}   the map changed there          "case"   a setting changed
//   "tool"           tool, class, size, certainty    "commit" a gesture ended and changed something
//   "cancel"         a gesture was taken back       "outline" the open outline changed
import { BORDER_BIT, LESION_BIT, DEFINITE, POSSIBLE, LESION, FIRST_MARKER, paintOperation, clearOperation, guarded, lockedBits } from "./cells.js";
import { emptyRect, isEmpty, growRect, paintCapsule, paintPolygon, paintRegion, Superpixels } from "./raster.js";
import { History, difference, paste } from "./history.js";
import { MOVES, middle, moved, copied, carried, extent } from "./transform.js";
import { placed, shifted, spanned, stretched } from "./boxes.js";

const SEED_LIMIT = 2 ** 31, DICE_SIDES = 10000;
export const MAX_SIZE_PX = 96;

// Boxes are compared by what they hold, all else by itself.
function same(a, b) {
  return a === b || (a !== null && typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}

export class Editor extends EventTarget {
  // conditions: generator → what its boxes may show; none where it takes a lesion map. told: generator → names of the
  // settings that a case of it holds.
  constructor(conditions, told) {
    super();
    this.conditionsOf = conditions;
    this.toldOf = told;
    this.names = [...new Set(Object.values(told).flat())];
    this.parked = {}; // generator → the case it was left with
    this.map = null;
    this.superpixels = null;
    this.settings = {};
    this.history = new History();
    this.gesture = null;
    this.outline = null; // {points, operation} of a lasso that is still open
    this.locks = { labels: new Set(), inside: false };
    this.hidden = new Set();
    this.tool = { name: "brush", label: 7, previous: LESION, certainty: DEFINITE, size_px: 24, seedLocked: true,
      box: null, carry: true, condition: null }; // box: the index of the chosen one
    this.version = 0;
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // What the boxes of the case's generator may show; where there is something, boxes are all that a hand draws.
  get conditions() {
    return this.conditionsOf[this.settings.generator] || [];
  }

  // What a message says of a case: the settings that its generator takes.
  told(settings = this.settings) {
    const names = this.toldOf[settings.generator] || this.names;
    return Object.fromEntries(names.map(name => [name, settings[name] ?? null]));
  }

  choose(changes) {
    if (changes.name && changes.name !== "box" && this.conditions.length) return;
    if (changes.label && changes.label !== this.tool.label) this.tool.previous = this.tool.label;
    Object.assign(this.tool, changes);
    if (this.conditions.length && "box" in changes && this.box) this.tool.condition = this.box.condition;
    this.tool.size_px = Math.min(MAX_SIZE_PX, Math.max(1, this.tool.size_px));
    if (this.tool.name !== "lasso") this.dropOutline();
    this.emit("tool");
  }

  // A locked class stays as it is; a hidden one is only not shown. Neither belongs to the case.
  lock(label) {
    if (!this.locks.labels.delete(label)) this.locks.labels.add(label);
    this.emit("tool");
  }

  lockInside() {
    this.locks.inside = !this.locks.inside;
    this.emit("tool");
  }

  hide(label) {
    if (!this.hidden.delete(label)) this.hidden.add(label);
    this.emit("tool");
    if (this.map) this.emit("cells", { rect: this.everything });
  }

  get everything() {
    return { left: 0, top: 0, right: this.map.width, bottom: this.map.height };
  }

  // Something is in the hand: a gesture or an open outline.
  get busy() {
    return this.gesture !== null || this.outline !== null;
  }

  // A case from the server, {width, height, cells, json}: the first one, or one dropped on the page (undoable).
  load(message, ids) {
    const fresh = this.snapshotOf(message, ids);
    if (this.map) this.restore(fresh); else this.showSnapshot(fresh);
  }

  // Another case takes the canvas; undo brings back the one that was there.
  restore(fresh) {
    this.end();
    const old = this.snapshot();
    this.showSnapshot(fresh);
    this.history.push({ before: old, after: fresh });
    this.emit("commit");
  }

  snapshotOf(message, ids) {
    const settings = Object.fromEntries(this.names.map(name => [name, message.json[name] ?? null]));
    settings.boxes = settings.boxes || []; // a draft from before there were any
    const { width, height, cells } = message, { superpixels } = message.json;
    const map = { width, height, cells, superpixels };
    return { map, settings, superpixels: new Superpixels(ids, width, height) };
  }

  snapshot() {
    const map = { ...this.map, cells: this.map.cells.slice() };
    return { map, settings: { ...this.settings }, superpixels: this.superpixels };
  }

  showSnapshot(snapshot) {
    this.map = { ...snapshot.map, cells: snapshot.map.cells.slice() };
    this.superpixels = snapshot.superpixels;
    this.settings = { ...snapshot.settings };
    this.suit();
    this.touch(this.everything);
    this.emit("case");
  }

  // The tool that fits the generator.
  suit() {
    const { conditions, tool } = this;
    if (!conditions.length) return tool.boxesOnly && this.choose({ boxesOnly: false, name: "brush", box: null });
    const condition = conditions.includes(tool.condition) ? tool.condition : conditions[0];
    this.choose({ boxesOnly: true, name: "box", condition, box: this.boxes.length ? tool.box ?? 0 : null });
  }

  // The case as it was when the hand left this generator, or null. Undo leads back.
  unpark(generator) {
    const old = this.snapshot(), parked = this.parked[generator];
    this.parked[this.settings.generator] = old;
    if (!parked) return false;
    this.showSnapshot(parked);
    this.history.push({ before: old, after: parked });
    this.emit("commit");
    return true;
  }

  // The chosen condition, of new boxes and of the chosen one.
  showing(condition) {
    this.choose({ condition });
    const { box, boxes, tool } = this;
    if (box) this.set({ boxes: boxes.map((one, at) => (at === tool.box ? { ...one, condition } : one)) });
  }

  touch(rect) {
    this.version++;
    if (rect && !isEmpty(rect)) this.emit("cells", { rect });
  }

  begin() {
    if (!this.gesture) this.gesture = { ...this.snapshot(), rect: emptyRect() };
  }

  // Ends the gesture; pushes one undo entry, or none where nothing changed. Returns whether something did.
  end() {
    const gesture = this.gesture;
    this.gesture = null;
    if (!gesture) return false;
    const patch = difference(gesture.map, this.map, gesture.rect);
    if (patch && !this.tool.seedLocked) this.settings.seed = Math.floor(Math.random() * DICE_SIDES);
    const changed = this.names.some(name => !same(this.settings[name], gesture.settings[name]));
    if (!patch && !changed) return false;
    this.history.push({ patch, settings: { before: gesture.settings, after: { ...this.settings } } });
    this.emit("case");
    this.emit("commit");
    return true;
  }

  cancel() {
    const gesture = this.gesture;
    this.gesture = null;
    this.dropOutline();
    if (!gesture) return;
    this.showSnapshot(gesture);
    this.emit("cancel");
  }

  // Clear wins over paint: the eraser, the right button, Shift.
  operation(clear, possible) {
    const { label, certainty } = this.tool;
    const operation = clear ? clearOperation(label) : paintOperation(label, possible ? POSSIBLE : certainty);
    return guarded(operation, this.locks);
  }

  stroke(from, to, operation) {
    const rect = emptyRect();
    paintCapsule(this.map, from, to, this.tool.size_px / 2, operation, rect);
    this.grow(rect);
  }

  paintSuperpixel(id, operation) {
    const rect = emptyRect();
    this.superpixels.paint(this.map.cells, id, operation, rect);
    this.grow(rect);
  }

  fill(x, y, operation) {
    const rect = emptyRect();
    paintRegion(this.map, x, y, operation, rect);
    this.grow(rect);
  }

  // The whole lesion: mirror, flip, turn, back, grow, shrink.
  move(name) {
    const centre = middle(this.map);
    if (centre) this.replace(moved(this.map, MOVES[name], centre, lockedBits(this.locks.labels)));
  }

  // The chosen marker's layer becomes the other's too, unless that one is locked.
  copyMarker(to) {
    const { label } = this.tool;
    if (label >= FIRST_MARKER && to !== label && !this.locks.labels.has(to)) this.replace(copied(this.map, label, to));
  }

  get boxes() {
    return this.settings.boxes || [];
  }

  get box() {
    return this.boxes[this.tool.box];
  }

  // Part of the gesture in hand: a box as the hand has it, new or changed.
  layBox(index, box) {
    const boxes = [...this.boxes], condition = this.conditions.length ? box.condition || this.tool.condition : box.condition;
    boxes[index] = { ...box, condition };
    this.settings.boxes = boxes;
    this.tool.box = index;
    this.touch();
    this.emit("case");
  }

  // The same, with the lesion in the box if it is to be carried along, from where both were when the gesture began.
  shapeBox(index, box) {
    const { map, settings } = this.gesture, from = settings.boxes[index], rect = this.everything;
    this.layBox(index, box);
    if (!this.tool.carry) return;
    this.map.cells = carried(map, from, box, lockedBits(this.locks.labels));
    this.grow(rect);
  }

  // By the arrow keys: as long as one is held it is one gesture, which ends when it is let go.
  nudgeBox(dx, dy, stretch) {
    if (!this.box) return;
    this.begin();
    const grip = "es";
    this.shapeBox(this.tool.box, stretch ? stretched(this.box, grip, dx, dy, this.map) : shifted(this.box, dx, dy, this.map));
  }

  placeBox(numbers) {
    if (!this.box) return;
    this.end();
    this.begin();
    this.shapeBox(this.tool.box, placed(this.box, numbers, this.map));
    this.end();
  }

  // A box around the lesion, if there is none; else the next one is chosen.
  nextBox() {
    if (this.boxes.length) return this.choose({ box: ((this.tool.box ?? -1) + 1) % this.boxes.length });
    const { width, height } = this.map, middle = spanned({ x: width * 0.3, y: height * 0.3 },
      { x: width * 0.7, y: height * 0.7 }, this.map);
    const box = extent(this.map) || (this.conditions.length ? middle : null);
    if (box) this.addBox({ ...box, condition: null });
  }

  addBox(box) {
    this.end();
    this.begin();
    this.layBox(this.boxes.length, box);
    this.end();
  }

  dropBox(index = this.tool.box) {
    if (!this.boxes[index]) return;
    this.tool.box = null;
    this.set({ boxes: this.boxes.filter((_, at) => at !== index) });
  }

  // Bare skin, without boxes; the photo and its superpixels stay.
  clear() {
    this.end();
    this.begin();
    this.settings.boxes = [];
    this.map.cells = this.map.cells.map(cell => cell & BORDER_BIT);
    this.grow(this.everything);
    this.end();
  }

  // What is lesion becomes skin, and skin lesion; markers go.
  invert() {
    this.replace(this.map.cells.map(cell => (cell & BORDER_BIT) | (cell & (LESION_BIT | BORDER_BIT) ? 0 : LESION_BIT)));
  }

  replace(cells) {
    this.end();
    this.begin();
    this.map.cells = cells;
    this.grow(this.everything);
    this.end();
  }

  startOutline(point, operation) {
    this.outline = { points: [point], operation };
    this.emit("outline");
  }

  extendOutline(point) {
    this.outline.points.push(point);
    this.emit("outline");
  }

  dropOutline() {
    if (!this.outline) return;
    this.outline = null;
    this.emit("outline");
  }

  closeOutline() {
    if (!this.outline) return;
    const { points, operation } = this.outline, rect = emptyRect();
    this.dropOutline();
    this.begin();
    paintPolygon(this.map, points, operation, rect);
    this.grow(rect);
    this.end();
  }

  // What is being drawn goes first: the newest corner of an open outline.
  undoOutline() {
    this.outline.points.pop();
    if (this.outline.points.length) this.emit("outline"); else this.dropOutline();
  }

  grow(rect) {
    if (isEmpty(rect)) return;
    growRect(this.gesture.rect, rect.left, rect.top, rect.right, rect.bottom);
    this.touch(rect);
  }

  // While a slider moves: part of the gesture that `end` closes.
  preview(changes) {
    this.begin();
    Object.assign(this.settings, changes);
    this.touch();
    this.emit("case");
  }

  set(changes) {
    this.end();
    this.preview(changes);
    return this.end();
  }

  seedBy(step) {
    this.set({ seed: (this.settings.seed + step + SEED_LIMIT) % SEED_LIMIT });
  }

  dice() {
    this.set({ seed: Math.floor(Math.random() * DICE_SIDES) });
  }

  undo() {
    if (this.outline) return this.undoOutline();
    if (this.gesture) return this.cancel();
    this.replay(this.history.back(), "before");
  }

  redo() {
    if (!this.gesture) this.replay(this.history.forward(), "after");
  }

  replay(entry, side) {
    if (!entry) return;
    if (!entry.settings) this.showSnapshot(entry[side]);
    else {
      if (entry.patch) paste(this.map, entry.patch.rect, entry.patch[side]);
      this.settings = { ...entry.settings[side] };
      this.touch(entry.patch ? entry.patch.rect : null);
      this.emit("case");
    }
    this.emit("commit");
  }
}
