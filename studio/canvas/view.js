// One zoom and pan for both panes: pane pixel = map pixel * scale + offset, in CSS pixels.

const MAX_SCALE = 40, MARGIN_PX = 0;

export class View extends EventTarget {
  constructor() {
    super();
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.fitted = true;
    this.pane = { width: 0, height: 0 };
    this.map = { width: 1, height: 1 };
  }

  fittingScale() {
    const { width, height } = this.pane;
    return Math.min((width - 2 * MARGIN_PX) / this.map.width, (height - 2 * MARGIN_PX) / this.map.height);
  }

  fit() {
    this.fitted = true;
    this.scale = Math.max(0.05, this.fittingScale());
    this.x = (this.pane.width - this.map.width * this.scale) / 2;
    this.y = (this.pane.height - this.map.height * this.scale) / 2;
    this.changed();
  }

  resize(pane, map) {
    this.pane = pane;
    this.map = map;
    if (this.fitted) this.fit(); else this.pan(0, 0);
  }

  // Whether a picture has the map's shape: one of another generator's is never stretched over it.
  fits({ width, height }) {
    return Math.abs(width * this.map.height - height * this.map.width) <= height * this.map.height * 0.01;
  }

  toMap(paneX, paneY) {
    return { x: (paneX - this.x) / this.scale, y: (paneY - this.y) / this.scale };
  }

  zoomAt(paneX, paneY, factor) {
    const lowest = Math.min(1, this.fittingScale()) / 2;
    const scale = Math.min(MAX_SCALE, Math.max(lowest, this.scale * factor)), ratio = scale / this.scale;
    this.fitted = false;
    this.scale = scale;
    this.x = paneX - (paneX - this.x) * ratio;
    this.y = paneY - (paneY - this.y) * ratio;
    this.pan(0, 0);
  }

  // At least a quarter of the pane keeps showing the map.
  pan(dx, dy) {
    if (dx || dy) this.fitted = false;
    const keep = (offset, size, pane) => Math.min(pane * 0.75, Math.max(pane * 0.25 - size, offset));
    this.x = keep(this.x + dx, this.map.width * this.scale, this.pane.width);
    this.y = keep(this.y + dy, this.map.height * this.scale, this.pane.height);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}
