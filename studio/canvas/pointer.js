// The hand on the map pane: Pointer Events into the tools' drags, zoom and pan.
import { TOOLS } from "./tools.js";

const WHEEL_ZOOM = 0.0015, STILL_PX = 4;

// Where the middle of two fingers is, and how far apart they are.
function span([a, b]) {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, length: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };
}

export class Hand {
  constructor(pane, editor, view) {
    Object.assign(this, { pane, editor, view });
    this.drag = null;
    this.inside = false;
    this.spaceHeld = false;
    this.walking = false;
    this.fingers = new Map(); // touch id → where it is in the pane
    const frame = pane.frame, on = (type, act, options) => frame.addEventListener(type, act, options);
    on("pointerdown", event => this.down(event));
    on("pointermove", event => this.move(event));
    on("pointerup", event => this.up(event));
    on("pointercancel", event => { this.fingers.delete(event.pointerId); this.abandon(); });
    on("pointerenter", () => { this.inside = true; });
    on("pointerleave", () => { this.inside = false; pane.pointAt(null); this.tell(null); });
    on("wheel", event => this.wheel(event), { passive: false });
    on("dblclick", () => editor.closeOutline());
    on("contextmenu", event => event.preventDefault());
  }

  holdSpace(held) {
    this.spaceHeld = held;
    this.pane.frame.classList.toggle("panning", held);
  }

  // From superpixel to superpixel by the arrow keys, from the middle of the map at first.
  walk(dx, dy) {
    const { pane, editor } = this, { superpixels: cells, map } = editor;
    const here = pane.pointer && cells.at(pane.pointer.x, pane.pointer.y);
    const first = cells.at(map.width / 2, map.height / 2);
    const point = cells.within(here == null ? first : cells.neighbour(here, dx, dy));
    this.walking = true;
    pane.pointAt(point);
    this.tell(point);
  }

  // What a click on the superpixel walked to would do.
  press({ shiftKey: clear, altKey: possible }) {
    const { pane, editor } = this;
    if (!this.drag) TOOLS.superpixel(editor, pane.pointer, { clear, possible }).end();
    this.tell(pane.pointer);
  }

  tell(point) {
    this.editor.emit("pointer", { point });
  }

  panePoint(event) {
    const box = this.pane.frame.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  mapPoint(event) {
    const point = this.panePoint(event);
    return this.view.toMap(point.x, point.y);
  }

  down(event) {
    if (!this.editor.map || event.target !== this.pane.canvas) return;
    if (event.pointerType === "touch" && this.touch(event)) return;
    if (this.drag) return;
    this.pane.frame.setPointerCapture(event.pointerId);
    this.pane.canvas.focus({ preventScroll: true });
    if (event.button === 1 || this.spaceHeld) { this.drag = { pan: true, last: this.panePoint(event) }; return; }
    if (event.button !== 0 && event.button !== 2) return;
    const { editor, view } = this, { name } = editor.tool;
    const clear = event.button === 2 || event.shiftKey || name === "eraser";
    editor.end();
    this.start = this.panePoint(event);
    this.moved = false;
    this.drag = TOOLS[name](editor, this.mapPoint(event), { clear, possible: event.altKey, scale: view.scale });
  }

  // A second finger takes back what the first began: two fingers move and zoom the map.
  touch(event) {
    this.fingers.set(event.pointerId, this.panePoint(event));
    if (this.fingers.size < 2) return false;
    this.abandon();
    this.pane.frame.setPointerCapture(event.pointerId);
    return true;
  }

  pinch(event) {
    const before = span([...this.fingers.values()]);
    this.fingers.set(event.pointerId, this.panePoint(event));
    const after = span([...this.fingers.values()]);
    this.view.pan(after.x - before.x, after.y - before.y);
    this.view.zoomAt(after.x, after.y, after.length / before.length);
  }

  move(event) {
    if (this.fingers.size > 1 && this.fingers.has(event.pointerId)) return this.pinch(event);
    const point = this.mapPoint(event);
    this.walking = false;
    this.pane.pointAt(point);
    this.tell(point);
    if (!this.drag) return;
    if (this.drag.pan) return this.movePan(this.panePoint(event));
    if (!this.editor.busy) { this.drag = null; return; }
    const { x, y } = this.panePoint(event);
    this.moved = this.moved || Math.hypot(x - this.start.x, y - this.start.y) > STILL_PX;
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of events.length ? events : [event]) this.drag.to(this.mapPoint(each));
  }

  movePan(point) {
    this.view.pan(point.x - this.drag.last.x, point.y - this.drag.last.y);
    this.drag.last = point;
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    const drag = this.drag;
    this.drag = null;
    if (drag && !drag.pan) drag.end(this.moved);
  }

  abandon() {
    if (this.drag && !this.drag.pan) this.editor.cancel();
    this.drag = null;
  }

  wheel(event) {
    event.preventDefault();
    const point = this.panePoint(event), { editor } = this;
    if (event.shiftKey) return editor.choose({ size_px: editor.tool.size_px - Math.sign(event.deltaY || event.deltaX) * 2 });
    this.view.zoomAt(point.x, point.y, Math.exp(-event.deltaY * WHEEL_ZOOM));
    this.pane.pointAt(this.mapPoint(event));
  }
}
