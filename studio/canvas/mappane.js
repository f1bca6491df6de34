// The map pane: the overlay over the picture, the brush ring, the superpixel under the pointer, the lesion boxes.
import { Overlay } from "./overlay.js";
import { GRIPS, boxUnder, gripAt } from "./boxes.js";

const ROUND = new Set(["brush", "eraser"]); // tools that a ring shows the size of
const GRIP_SIDE_PX = 9, LABEL_FONT_PX = 12, BOX_OPACITY = 0.6;

export class MapPane {
  constructor(root, editor, view, picture, palette, inks) {
    this.inks = inks;
    this.editor = editor;
    this.view = view;
    this.picture = picture;
    this.frame = root.querySelector("[data-view=map]");
    this.canvas = root.querySelector("[data-pane=map]");
    this.ring = root.querySelector("[data-part=ring]");
    this.context = this.canvas.getContext("2d");
    this.overlay = new Overlay(palette);
    this.opacity = 1;
    this.hidden = false;
    this.hover = null;
    this.photo = null; // lies beneath the map in the picture's place, if it is to
    this.queued = false;
    view.addEventListener("change", () => { this.pointAt(this.pointer); this.redraw(); });
    editor.addEventListener("cells", event => this.update(event.detail.rect));
    editor.addEventListener("tool", () => { this.pointAt(this.pointer); this.redraw(); });
    editor.addEventListener("case", () => this.redraw());
    editor.addEventListener("outline", () => this.redraw());
    new ResizeObserver(() => this.resize()).observe(this.frame);
  }

  update(rect) {
    const { map } = this.editor;
    if (this.overlay.resize(map)) this.resize();
    this.overlay.hide(this.editor.hidden);
    this.overlay.draw(map, rect);
    this.redraw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.frame;
    if (!width || !this.editor.map) return;
    for (const canvas of [this.canvas, this.picture.canvas]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    this.view.resize({ width, height }, this.editor.map);
  }

  setOpacity(opacity) {
    this.opacity = opacity;
    this.redraw();
  }

  hide(hidden) {
    this.hidden = hidden;
    this.redraw();
  }

  pointAt(point) {
    this.pointer = point;
    const { tool, superpixels } = this.editor, cell = tool.name === "superpixel";
    if (this.editor.outline) this.redraw();
    const hover = point && cell && superpixels ? superpixels.at(point.x, point.y) : null;
    if (hover !== this.hover) { this.hover = hover; this.redraw(); }
    this.frame.style.cursor = point && tool.name === "box" ? this.boxCursor(point) : "";
    this.ring.hidden = !point || !ROUND.has(tool.name);
    if (this.ring.hidden) return;
    const size = tool.size_px * this.view.scale;
    this.ring.style.width = this.ring.style.height = size + "px";
    this.ring.style.left = point.x * this.view.scale + this.view.x - size / 2 + "px";
    this.ring.style.top = point.y * this.view.scale + this.view.y - size / 2 + "px";
  }

  redraw() {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => { this.queued = false; this.draw(); });
  }

  draw() {
    const { canvas, context, view, editor } = this, ratio = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!editor.map) return;
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    const { width, height } = editor.map, laid = this.photo || this.picture.bitmap, opacity = this.hidden ? 0 : this.opacity;
    const under = laid && view.fits(laid) ? laid : null;
    context.imageSmoothingEnabled = view.scale * ratio < 6;
    context.imageSmoothingQuality = "high";
    if (under && opacity < 1) context.drawImage(under, 0, 0, width, height);
    context.globalAlpha = under ? opacity : 1;
    context.drawImage(this.overlay.canvas, 0, 0, width, height);
    context.globalAlpha = 1;
    this.picture.on.outlines.paint(context, editor, editor.tool.name === "superpixel");
    editor.emit("drawn", { through: Boolean(under) && opacity < 1 });
    if (this.hover !== null) this.line(editor.superpixels.outline(this.hover));
    if (editor.outline) this.line(this.openOutline());
    this.drawBoxes();
  }

  boxCursor(point) {
    const found = boxUnder(this.editor.boxes, this.editor.tool.box, point, this.view.scale);
    return !found ? "crosshair" : found.grip ? found.grip + "-resize" : "move";
  }

  // A condition's colour on the map; the name beside it says the same.
  inkOf(condition, generator = this.editor.settings.generator) {
    return this.inks[Math.max(0, this.editor.conditionsOf[generator].indexOf(condition)) % this.inks.length];
  }

  drawBoxes() {
    const { editor, context } = this;
    editor.boxes.forEach((box, index) => {
      const path = new Path2D();
      path.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      if (editor.conditions.length) {
        context.globalAlpha = this.hidden ? 0 : this.opacity * BOX_OPACITY;
        context.fillStyle = this.inkOf(box.condition);
        context.fill(path);
        context.globalAlpha = 1;
      }
      this.line(path);
      if (box.condition) this.nameBox(box);
      if (editor.tool.name === "box" && index === editor.tool.box) this.drawGrips(box);
    });
  }

  nameBox({ left, top, condition }) {
    const { context, view } = this, size = LABEL_FONT_PX / view.scale;
    context.font = size + "px system-ui, sans-serif";
    const long = context.measureText(condition).width + size, start = Math.max(0, Math.min(left, this.view.map.width - long));
    context.fillStyle = "#000b";
    context.fillRect(start, top, long, size * 1.5);
    context.fillStyle = "#fff";
    context.fillText(condition, start + size / 2, top + size * 1.1);
  }

  drawGrips(box) {
    const { context, view } = this;
    for (const [style, side] of [["#000", GRIP_SIDE_PX], ["#fff", GRIP_SIDE_PX - 3]]) {
      context.fillStyle = style;
      for (const grip of GRIPS) {
        const { x, y } = gripAt(box, grip), size = side / view.scale;
        context.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
  }

  // The corners so far, then a line to the pointer.
  openOutline() {
    const path = new Path2D(), { points } = this.editor.outline;
    for (const { x, y } of this.pointer ? [...points, this.pointer] : points) path.lineTo(x, y);
    path.moveTo(points[0].x + 3 / this.view.scale, points[0].y);
    path.arc(points[0].x, points[0].y, 3 / this.view.scale, 0, 7);
    return path;
  }

  line(path) {
    const { context, view } = this;
    for (const [style, line] of [["#000", 3.5], ["#fff", 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = line / view.scale;
      context.stroke(path);
    }
  }
}
