// The sidebar, the tool row and the footer: each control shows the editor's state and changes it.
import { Sliders } from "../sliders.js";
import { markersOf, groundOf, POSSIBLE, FIRST_MARKER } from "../../canvas/cells.js";
import { extent } from "../../canvas/transform.js";

const LIGHT = "moulage.light", COACHED = "moulage.coached";

export class Controls {
  constructor(root, editor, view, mapPane, files, sliders, words) {
    Object.assign(this, { root, editor, view, mapPane, files, sliders, words });
    this.sheet = this.one("part", "sheet");
    this.bindTools();
    this.bindSliders();
    this.bindSeed();
    this.bindConditions();
    this.bindBox();
    this.bindActions();
    editor.addEventListener("tool", () => this.showTool());
    editor.addEventListener("case", () => this.showCase());
    editor.addEventListener("commit", () => this.showHistory());
    editor.addEventListener("pointer", event => this.read(event.detail.point));
    this.showTool();
    this.useLight(localStorage.getItem(LIGHT) === "1");
    this.coach(!localStorage.getItem(COACHED));
    if (/Mac/.test(navigator.platform)) this.useCommandKey();
  }

  useLight(on) {
    localStorage.setItem(LIGHT, on ? "1" : "0");
    this.root.classList.toggle("light", on);
    this.one("act", "light").setAttribute("aria-pressed", String(on));
  }

  // The first visit's three steps and the tools' names.
  coach(on) {
    this.one("part", "coach").hidden = !on;
    this.root.classList.toggle("first", on);
    if (!on) localStorage.setItem(COACHED, "1");
  }

  useCommandKey() {
    for (const node of this.root.querySelectorAll("kbd")) node.textContent = node.textContent.replace(/Ctrl[ +]|⌃/g, "⌘");
  }

  one(kind, name) {
    return this.root.querySelector("[data-" + kind + (name ? "='" + name + "'" : "") + "]");
  }

  each(kind, act) {
    for (const node of this.root.querySelectorAll("[data-" + kind + "]")) act(node, node.dataset[kind]);
  }

  bindTools() {
    const { editor } = this;
    this.each("tool", (node, name) => node.addEventListener("click", () => editor.choose({ name })));
    this.each("hide", (node, label) => node.addEventListener("click", () => editor.hide(Number(label))));
    this.each("guard", (node, label) => node.addEventListener("click", () => editor.lock(Number(label))));
    this.each("move", (node, name) => node.addEventListener("click", () => editor.move(name)));
    this.each("copy", (node, label) => node.addEventListener("click", () => editor.copyMarker(Number(label))));
    this.each("certainty", (node, value) =>
      node.addEventListener("click", () => editor.choose({ certainty: Number(value) })));
    this.each("label", (node, label) => {
      node.addEventListener("click", () => editor.choose({ label: Number(label) }));
      this.mapPane.overlay.swatch(node.querySelector("canvas"), Number(label));
    });
  }

  bindConditions() {
    this.each("condition", (node, name) => {
      node.addEventListener("click", () => this.editor.showing(name));
      node.querySelector("i").style.background = this.mapPane.inkOf(name, node.parentElement.dataset.conditions);
    });
  }

  // The parts of the page that the generator has a use for.
  showTaken() {
    const { settings, conditions, tool } = this.editor, takes = conditions.length ? "boxes" : "map";
    this.root.dataset.case = takes;
    this.each("takes", (node, kind) => { node.hidden = kind !== takes; });
    this.each("conditions", (node, name) => { node.hidden = name !== settings.generator; });
    this.press("condition", tool.condition);
  }

  bindSliders() {
    const { editor } = this;
    this.appearance = new Sliders(this.root.querySelector(".side"), {
      moved: (name, value) => editor.preview({ [name]: value }),
      ended: () => editor.end(),
      chosen: (name, value) => editor.set({ [name]: value }),
    });
    const size = this.one("part", "size"), opacity = this.one("part", "opacity");
    size.addEventListener("input", () => editor.choose({ size_px: Number(size.value) }));
    opacity.addEventListener("input", () => this.mapPane.setOpacity(Number(opacity.value) / 100));
  }

  bindSeed() {
    const field = this.one("part", "seed"), { editor } = this;
    field.addEventListener("change", () => {
      const seed = Number(field.value);
      if (/^[0-9]{1,10}$/.test(field.value) && seed < 2 ** 31) editor.set({ seed });
      else field.value = editor.settings.seed;
    });
    field.addEventListener("keydown", event => { if (event.key === "Enter") field.blur(); });
    const generator = this.one("part", "generator");
    generator.addEventListener("change", () => {
      this.files.change(generator.value).catch(error => this.files.complain(error));
      generator.blur();
    });
  }

  // Exact numbers of the chosen box; what is no number goes back to what it was.
  bindBox() {
    const { editor } = this;
    this.each("edge", (node, name) => {
      node.addEventListener("change", () => {
        const value = Number(node.value), numbers = this.boxNumbers();
        if (numbers && node.value.trim() !== "" && Number.isInteger(value)) editor.placeBox({ ...numbers, [name]: value });
        this.showBox();
      });
      node.addEventListener("keydown", event => { if (event.key === "Enter") node.blur(); });
    });
  }

  boxNumbers() {
    const { box } = this.editor;
    return box && { left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top };
  }

  showBox() {
    const { editor } = this, on = editor.tool.name === "box", numbers = this.boxNumbers();
    this.one("part", "box").hidden = !on;
    this.one("part", "stroke").hidden = on;
    this.each("edge", (node, name) => {
      node.disabled = !numbers;
      node.value = numbers ? numbers[name] : "";
    });
    this.one("act", "carry").setAttribute("aria-pressed", String(editor.tool.carry));
    this.one("act", "box-drop").disabled = !numbers;
    if (on) this.one("part", "readout").textContent = this.boxSentence();
  }

  boxSentence() {
    const { boxes, tool, box, conditions } = this.editor, { words } = this;
    if (!box && !boxes.length) return conditions.length ? words.draw_condition : words.draw_box;
    if (!box) return words.choose_box;
    return words.box + " " + (tool.box + 1) + "/" + boxes.length;
  }

  bindActions() {
    const { editor, view } = this;
    const actions = {
      carry: () => editor.choose({ carry: !editor.tool.carry }), "box-drop": () => editor.dropBox(), "box-next": () => editor.nextBox(),
      light: () => this.useLight(!this.root.classList.contains("light")),
      "coach-done": () => this.coach(false), undo: () => editor.undo(), redo: () => editor.redo(), fit: () => view.fit(),
      previous: () => editor.seedBy(-1), next: () => editor.seedBy(1), dice: () => editor.dice(),
      lock: () => editor.choose({ seedLocked: !editor.tool.seedLocked }), inside: () => editor.lockInside(), invert: () => editor.invert(),
      sheet: () => this.toggleSheet(),
    };
    this.each("act", (node, name) => { if (actions[name]) node.addEventListener("click", actions[name]); });
  }

  // A dialog or another screen has the keys.
  get away() {
    return this.root.dataset.on !== "studio" || this.root.querySelector("dialog[open]") !== null;
  }

  toggleSheet() {
    if (this.sheet.open) this.sheet.close(); else this.sheet.showModal();
  }

  press(kind, wanted) {
    this.each(kind, (node, value) => node.setAttribute("aria-pressed", String(value === String(wanted))));
  }

  showTool() {
    const { tool, locks, hidden } = this.editor, pressed = (node, on) => node.setAttribute("aria-pressed", String(on));
    this.each("hide", (node, label) => pressed(node, hidden.has(Number(label))));
    this.each("guard", (node, label) => pressed(node, locks.labels.has(Number(label))));
    pressed(this.one("act", "inside"), locks.inside);
    this.each("copy", (node, label) => { node.disabled = tool.label < FIRST_MARKER || tool.label === Number(label); });
    this.press("tool", tool.name);
    this.press("condition", tool.condition);
    this.showBox();
    this.press("label", tool.label);
    this.press("certainty", tool.certainty);
    this.one("part", "size").value = tool.size_px;
    this.one("part", "size-value").textContent = tool.size_px + " px";
    const lock = this.one("act", "lock");
    lock.setAttribute("aria-pressed", String(tool.seedLocked));
    lock.title = tool.seedLocked ? this.words.seed_locked : this.words.seed_free;
  }

  showCase() {
    const { settings } = this.editor;
    this.showTaken();
    this.showBox();
    this.one("part", "seed").value = settings.seed;
    this.one("part", "generator").value = settings.generator;
    this.appearance.show(settings, this.sliders[settings.generator] || []);
    this.showHistory();
  }

  showHistory() {
    const { conditions, map } = this.editor;
    this.one("part", "bare-skin").hidden = conditions.length > 0 || !map || extent(map) !== null;
    const { done, undone } = this.editor.history;
    this.one("act", "undo").disabled = !done.length;
    this.one("act", "redo").disabled = !undone.length;
  }

  // What lies under the pointer, every marker of it, since one may hide another.
  read(point) {
    if (this.editor.tool.name === "box") return;
    const { map } = this.editor, { classes, possible } = this.words;
    const x = point ? Math.floor(point.x) : -1, y = point ? Math.floor(point.y) : -1;
    const inside = map && x >= 0 && y >= 0 && x < map.width && y < map.height;
    const cell = inside ? map.cells[y * map.width + x] : 0;
    const names = markersOf(cell).map(({ label, certainty }) =>
      classes[label] + (certainty === POSSIBLE ? " (" + possible + ")" : ""));
    const text = names.length ? names.join(" + ") : classes[groundOf(cell)];
    const region = inside && this.editor.tool.name === "superpixel" ? this.words.region + " " + this.editor.superpixels.at(x, y) + " · " : "";
    this.one("part", "readout").textContent = inside ? region + text : "";
  }
}
