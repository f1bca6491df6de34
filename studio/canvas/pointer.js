// The hand on the map pane: Pointer Events into strokes, superpixels, zoom and pan.
import { POSSIBLE } from "./cells.js";

const WHEEL_ZOOM = 0.0015;

export class Hand {
  constructor(pane, editor, view) {
    Object.assign(this, { pane, editor, view });
    this.drag = null;
    this.inside = false;
    this.spaceHeld = false;
    const frame = pane.frame, on = (type, act, options) => frame.addEventListener(type, act, options);
    on("pointerdown", event => this.down(event));
    on("pointermove", event => this.move(event));
    on("pointerup", () => this.up());
    on("pointercancel", () => this.abandon());
    on("pointerenter", () => { this.inside = true; });
    on("pointerleave", () => { this.inside = false; pane.pointAt(null); this.tell(null); });
    on("wheel", event => this.wheel(event), { passive: false });
    on("contextmenu", event => event.preventDefault());
  }

  holdSpace(held) {
    this.spaceHeld = held;
    this.pane.frame.classList.toggle("panning", held);
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
    if (!this.editor.map || this.drag) return;
    this.pane.frame.setPointerCapture(event.pointerId);
    this.pane.canvas.focus({ preventScroll: true });
    if (event.button === 1 || this.spaceHeld) { this.drag = { kind: "pan", last: this.panePoint(event) }; return; }
    if (event.button !== 0 && event.button !== 2) return;
    const clear = event.button === 2 || event.shiftKey || this.editor.tool.name === "eraser";
    const point = this.mapPoint(event);
    this.editor.end();
    this.editor.begin();
    if (this.editor.tool.name === "superpixel") this.startSuperpixel(point, clear, event.altKey);
    else this.startStroke(point, this.editor.operation(clear, event.altKey));
  }

  startStroke(point, operation) {
    this.drag = { kind: "stroke", last: point, operation };
    this.editor.stroke(point, point, operation);
  }

  // The first superpixel decides whether the drag paints or clears.
  startSuperpixel(point, clear, possible) {
    const { editor } = this, { label, certainty } = editor.tool, id = editor.superpixels.at(point.x, point.y);
    const wanted = possible ? POSSIBLE : certainty;
    const off = clear || (id !== null && editor.superpixels.mostlyBears(editor.map.cells, id, label, wanted));
    this.drag = { kind: "superpixel", last: id, operation: editor.operation(off, possible) };
    if (id !== null) editor.paintSuperpixel(id, this.drag.operation);
  }

  move(event) {
    const point = this.mapPoint(event);
    this.pane.pointAt(point);
    this.tell(point);
    if (!this.drag) return;
    if (this.drag.kind !== "pan" && !this.editor.gesture) { this.drag = null; return; }
    if (this.drag.kind === "pan") return this.movePan(this.panePoint(event));
    const events = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const each of events.length ? events : [event]) this.paintTo(this.mapPoint(each));
  }

  movePan(point) {
    this.view.pan(point.x - this.drag.last.x, point.y - this.drag.last.y);
    this.drag.last = point;
  }

  paintTo(point) {
    const { drag, editor } = this;
    if (drag.kind === "stroke") {
      editor.stroke(drag.last, point, drag.operation);
      drag.last = point;
      return;
    }
    const id = editor.superpixels.at(point.x, point.y);
    if (id !== null && id !== drag.last) editor.paintSuperpixel(id, drag.operation);
    drag.last = id;
  }

  up() {
    const drag = this.drag;
    this.drag = null;
    if (drag && drag.kind !== "pan") this.editor.end();
  }

  abandon() {
    if (this.drag && this.drag.kind !== "pan") this.editor.cancel();
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
