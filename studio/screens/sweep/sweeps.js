// The Sweeps screen: asks for the studio's case over two axes, fills the cells as they come, zooms them all together.
// A click on a cell takes its case into the studio, Shift and a click on two holds them against each other.
import { ask, partsOf, sentenceOf } from "../streams.js";
import { packMessage } from "../../canvas/wire.js";

const WHEEL_STEP = 0.0015, DEEPEST = 12;

export class Sweeps {
  constructor(root, editor, live, files, words) {
    Object.assign(this, { root, editor, live, files, words });
    this.grid = this.part("grid");
    this.view = { zoom: 1, x: 0, y: 0 };
    this.chosen = null; // the cell that waits for a second one to be held against
    this.running = null;
    this.painted = null; // the wish whose cells stand in the grid
    this.bind();
  }

  part(name) {
    return this.root.querySelector("[data-part=" + name + "]");
  }

  bind() {
    const act = (name, run) => this.root.querySelector("[data-act=" + name + "]").addEventListener("click", run);
    act("sweep", () => (this.running ? this.running.abort() : this.run()));
    act("sweep-save", () => this.save());
    this.axes = { x: this.axis("x", "size"), y: this.axis("y", "tone") };
    const { grid } = this;
    grid.addEventListener("wheel", event => this.wheel(event), { passive: false });
    grid.addEventListener("pointermove", event => this.pan(event));
    grid.addEventListener("dblclick", () => this.look({ zoom: 1, x: 0, y: 0 }));
    const divider = this.part("pair-divider");
    divider.addEventListener("input", () => this.divide(Number(divider.value)));
  }

  axis(name, first) {
    const select = this.root.querySelector("[data-axis=" + name + "]");
    const values = this.root.querySelector("[data-values=" + name + "]");
    select.value = first;
    select.addEventListener("change", () => { values.value = ""; this.apart(name); this.run(); });
    values.addEventListener("keydown", event => { if (event.key === "Enter") this.run(); });
    return { select, values };
  }

  // Two axes are never the same one.
  apart(changed) {
    const { x, y } = this.axes, other = changed === "x" ? y : x;
    if (x.select.value !== y.select.value) return;
    other.select.value = [...other.select.options].map(option => option.value)
      .find((value, at) => value !== x.select.value && !other.select.options[at].disabled);
    other.values.value = "";
  }

  // Only what the case has can be varied; the menu says why another axis cannot.
  suit() {
    const clinical = this.editor.conditions.length > 0, lacking = clinical ? "marker" : "condition";
    for (const axis of [this.axes.x, this.axes.y]) {
      for (const option of axis.select.options) {
        option.disabled = option.value === lacking;
        option.dataset.title ??= option.textContent;
        option.textContent = option.dataset.title + (option.disabled ? " (" + this.words.axis_needs[lacking] + ")" : "");
      }
    }
    for (const [name, first] of [["x", "size"], ["y", "tone"]]) {
      if (this.axes[name].select.value !== lacking) continue;
      this.axes[name].select.value = first;
      this.axes[name].values.value = "";
    }
    this.apart("x");
  }

  // The screen was opened: what is there stays if the case is still the same.
  open() {
    this.suit();
    if (this.editor.map && this.painted !== this.wish()) this.run();
  }

  query() {
    const { x, y } = this.axes;
    return new URLSearchParams({ x: x.select.value, y: y.select.value, columns: x.values.value, rows: y.values.value });
  }

  wish() {
    return this.query() + "#" + this.editor.version;
  }

  body() {
    return packMessage(0, this.editor.map, { client: this.live.client, kind: "settle", ...this.editor.told() });
  }

  ask(path, query, signal) {
    return ask(path + "?" + query, { method: "POST", body: this.body(), signal }, this.words.sweep_failed);
  }

  async run() {
    if (this.running) this.running.abort();
    const mine = this.running = new AbortController(), query = this.query(), wish = this.wish();
    this.chosen = null;
    this.busy(true);
    try {
      const response = await this.ask("/sweep", query, mine.signal);
      this.painted = wish;
      let total = 0, done = 0;
      for await (const { json, body } of partsOf(response)) {
        if (mine.signal.aborted) return;
        if (json.columns) total = this.lay(json, query);
        else { await this.fill(json, body); done++; }
        this.say(done + " / " + total);
      }
      this.say("");
    } catch (error) {
      if (mine.signal.aborted) this.say(this.words.sweep_stopped);
      else this.say(sentenceOf(error, this.words), true);
      this.painted = null;
    } finally {
      if (this.running === mine) { this.running = null; this.busy(false); }
    }
  }

  busy(on) {
    const node = this.root.querySelector("[data-act=sweep]");
    node.textContent = on ? this.words.sweep_stop : this.words.sweep_run;
  }

  say(sentence, wrong = false) {
    const node = this.part("sweep-state");
    node.textContent = sentence;
    node.classList.toggle("wrong", wrong);
  }

  // An empty grid with its headers; returns how many cells will come.
  lay({ columns, rows }, query) {
    const { grid } = this, { x, y } = this.axes;
    if (x.values.value === query.get("columns") && y.values.value === query.get("rows")) { // else a hand is typing
      x.values.value = columns.join(", ");
      y.values.value = rows.join(", ");
      this.painted = this.wish();
    }
    grid.style.setProperty("--columns", columns.length);
    const header = text => {
      const node = document.createElement("span");
      node.textContent = node.dataset.name = text;
      return node;
    };
    this.headers = { columns: columns.map(header), rows: rows.map(header) };
    this.cells = rows.map((row, down) => columns.map((column, across) => this.cell(column, row, across, down, query)));
    grid.replaceChildren(header(""), ...this.headers.columns,
      ...rows.flatMap((row, down) => [this.headers.rows[down], ...this.cells[down]]));
    return columns.length * rows.length;
  }

  cell(column, row, across, down, query) {
    const node = document.createElement("button"), name = column + " · " + row;
    node.type = "button";
    node.className = "cell";
    node.title = node.ariaLabel = name;
    node.dataset.name = name;
    node.append(document.createElement("canvas"));
    node.addEventListener("click", event => {
      if (this.dragged) { this.dragged = false; return; }
      if (event.shiftKey) this.pick(node); else this.take(across, down, query);
    });
    return node;
  }

  async fill({ column, row, error, ita_deg, clipped, badge }, body) {
    const node = this.cells[row][column], { words } = this;
    const notes = [node.dataset.name];
    if (ita_deg != null) notes.push(words.ita + " " + Math.round(ita_deg) + "°");
    if (clipped > 0.01) notes.push(Math.round(100 * clipped) + " % " + words.clipped);
    if (badge) notes.push(badge);
    node.dataset.extrapolated = badge ? "1" : "";
    this.markHeaders(column, row);
    node.title = node.ariaLabel = [...notes, error].filter(Boolean).join(" · ");
    if (error) { node.textContent = error; node.classList.add("failed"); return; }
    const bitmap = await createImageBitmap(new Blob([body], { type: "image/jpeg" })), canvas = node.firstChild;
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    node.dataset.painted = "1";
  }

  // A value of which every cell is extrapolated says so in its header.
  markHeaders(column, row) {
    const mark = (header, cells) => {
      const all = cells.every(cell => cell.dataset.extrapolated);
      header.textContent = header.dataset.name + (all ? " · " + this.words.extrapolated : "");
    };
    mark(this.headers.columns[column], this.cells.map(cells => cells[column]));
    mark(this.headers.rows[row], this.cells[row]);
  }

  async take(column, row, query) {
    try {
      const response = await this.ask("/sweep/case", query + "&" + new URLSearchParams({ column, row }));
      await this.files.take(await response.arrayBuffer());
      this.root.querySelector("[data-go=studio]").click();
    } catch (error) {
      this.say(sentenceOf(error, this.words), true);
    }
  }

  pick(node) {
    if (!node.dataset.painted) return;
    const first = this.chosen;
    this.chosen = first === null ? node : null;
    for (const cell of this.cells.flat()) cell.classList.toggle("picked", cell === this.chosen);
    if (first && first !== node) this.hold(first, node);
  }

  // Both in one place, the left one up to the divider.
  hold(left, right) {
    for (const [side, node] of [["left", left], ["right", right]]) {
      const canvas = this.part("pair-" + side), source = node.firstChild;
      canvas.width = source.width;
      canvas.height = source.height;
      canvas.getContext("2d").drawImage(source, 0, 0);
      this.part("pair-" + side + "-name").textContent = node.dataset.name;
    }
    this.divide(Number(this.part("pair-divider").value));
    this.part("pair").showModal();
  }

  divide(percent) {
    this.part("pair-right").style.clipPath = "inset(0 0 0 " + percent + "%)";
  }

  look(view) {
    const limit = (value, side) => Math.min(0, Math.max(side * (1 - view.zoom), value));
    const size = this.grid.querySelector(".cell").getBoundingClientRect();
    this.view = { zoom: view.zoom, x: limit(view.x, size.width), y: limit(view.y, size.height) };
    const { style } = this.grid;
    style.setProperty("--zoom", this.view.zoom);
    style.setProperty("--dx", this.view.x + "px");
    style.setProperty("--dy", this.view.y + "px");
  }

  wheel(event) {
    const node = event.target.closest(".cell");
    if (!node) return;
    event.preventDefault();
    const box = node.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const zoom = Math.min(DEEPEST, Math.max(1, this.view.zoom * Math.exp(-event.deltaY * WHEEL_STEP)));
    const ratio = zoom / this.view.zoom;
    this.look({ zoom, x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio });
  }

  pan({ buttons, movementX, movementY, target }) {
    if (!(buttons & 1) || this.view.zoom === 1 || !target.closest(".cell")) return;
    this.dragged = true;
    this.look({ zoom: this.view.zoom, x: this.view.x + movementX, y: this.view.y + movementY });
  }

  async save() {
    if (!this.editor.map) return;
    try {
      const response = await this.ask("/sweep/save", this.query());
      for await (const { json, body } of partsOf(response)) {
        if (json.total) this.say(this.words.saving + " " + json.done + " / " + json.total);
        if (json.name) this.files.download(new Blob([body]), 'filename="' + json.name + '"');
      }
      this.say(this.words.saved + " " + new Date().toLocaleTimeString());
    } catch (error) {
      this.say(sentenceOf(error, this.words), true);
    }
  }
}
