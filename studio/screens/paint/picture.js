// The picture pane and the tone strip. A picture stays until a newer one is there; what is no longer of this case is
// badged stale, never blanked. Each picture can be held against the one before the last change, or against a pinned one.

const COMPARISONS = ["none", "slider", "side", "difference", "photo"], AMPLIFIED = 4;

export class PicturePane {
  // on: the editor, whose superpixels `outlines` draws over whatever is shown.
  constructor(root, view, words, on) {
    this.root = root;
    this.view = view;
    this.words = words;
    this.on = on;
    this.canvas = root.querySelector("[data-pane=picture]");
    this.context = this.canvas.getContext("2d");
    this.bitmap = null;
    this.settled = { version: null, bitmap: null }; // the newest picture of a map at rest
    this.before = null; // the one at rest before it
    this.pinned = null;
    this.tones = { picture: "", photo: "" };
    this.photo = null; // the real one that the map was drawn on, if there is one
    this.comparison = "none";
    this.divider = 0.5;
    this.held = false;
    this.frame = this.canvas.parentElement;
    this.bindDivider();
    for (const node of root.querySelectorAll("[data-compare]")) {
      node.addEventListener("click", () => this.compare(node.dataset.compare));
    }
    root.querySelector("[data-act=pin]").addEventListener("click", () => this.pin());
    this.part = name => root.querySelector("[data-part=" + name + "]");
    view.addEventListener("change", () => { this.placeBadges(); this.draw(); });
  }

  // Badges sit on the picture and the map, not in the empty band around them.
  placeBadges() {
    const { view, root, halved } = this, half = halved ? 2 : 1, { height } = view.pane;
    const foot = height - (halved ? height / 4 : 0) - (view.y + view.map.height * view.scale) / half;
    root.style.setProperty("--side", Math.max(0, view.x / half) + "px");
    root.style.setProperty("--foot", Math.max(0, foot) + "px");
  }

  // Bitmaps are closed once nothing shows them.
  discard(bitmap) {
    const kept = [this.bitmap, this.settled.bitmap, this.before, this.pinned, this.photo];
    if (bitmap && !kept.includes(bitmap)) bitmap.close();
  }

  rest(bitmap, version) {
    const { before, settled } = this;
    if (settled.version !== version) this.before = settled.bitmap;
    this.settled = { version, bitmap };
    for (const old of new Set([before, settled.bitmap])) this.discard(old);
  }

  get reference() {
    const found = this.pinned || this.before;
    return found && this.view.fits(found) ? found : null;
  }

  get real() {
    return this.comparison === "photo" && this.photo !== null;
  }

  // What stands in the picture's place; while held its counterpart: the reference, or of the photo the picture.
  get shown() {
    if (this.real) return this.held ? this.bitmap : this.photo;
    return this.held && this.reference ? this.reference : this.bitmap;
  }

  // Nothing real is called synthetic, and nothing synthetic real.
  get kinds() {
    const both = ["slider", "side", "difference"].includes(this.comparison);
    const shown = !this.held && !this.real && both && this.reference ? [this.bitmap, this.reference] : [this.shown];
    const real = shown.filter(bitmap => bitmap === this.photo).length;
    return real === 0 ? "synthetic" : real === shown.length ? "photo" : "both";
  }

  // tone: what is said of its skin.
  showPhoto(bitmap, tone) {
    const old = this.photo;
    this.tones.photo = tone || "";
    if (old && this.pinned === old) this.pinned = null;
    this.photo = bitmap;
    if (!bitmap && this.comparison === "photo") this.comparison = "none";
    this.discard(old);
    this.mark();
  }

  pin() {
    const old = this.pinned;
    this.pinned = old ? null : this.real ? this.photo : this.settled.bitmap;
    this.discard(old);
    this.mark();
  }

  // Another picture becomes the pinned one, beside this one unless another way of comparing is on.
  compareWith(bitmap) {
    const old = this.pinned;
    this.pinned = bitmap;
    this.discard(old);
    if (this.comparison === "none" || this.real) this.comparison = "side";
    this.mark();
  }

  // The chosen way of comparing; the next one in turn if none is named.
  compare(name) {
    const ways = COMPARISONS.filter(way => way !== "photo" || this.photo);
    this.comparison = name || ways[(ways.indexOf(this.comparison) + 1) % ways.length];
    this.mark();
  }

  // While held, the reference is shown in the picture's place.
  hold(held) {
    if (this.held === held) return;
    this.held = held;
    this.mark();
  }

  mark() {
    for (const node of this.root.querySelectorAll("[data-compare]")) {
      node.setAttribute("aria-pressed", String(node.dataset.compare === this.comparison));
    }
    this.root.querySelector("[data-act=pin]").setAttribute("aria-pressed", String(this.pinned !== null));
    this.root.querySelector("[data-compare=photo]").hidden = !this.photo;
    this.part("ita").textContent = this.tones[this.real && !this.held ? "photo" : "picture"];
    this.part("synthetic").textContent = this.words.tags[this.kinds];
    this.placeBadges();
    this.part("now").hidden = !this.halved;
    const apart = !this.real && (this.held || this.comparison !== "none");
    const kind = this.pinned === null ? "before" : this.pinned === this.photo ? "photo" : "pinned";
    this.badge("reference", !apart ? "" : !this.reference ? this.words.no_reference
      : this.words.compared[kind][this.held ? "held" : this.comparison]);
    this.draw();
  }

  bindDivider() {
    const at = event => {
      const box = this.frame.getBoundingClientRect(), { view } = this;
      const share = (event.clientX - box.left - view.x) / (view.map.width * view.scale);
      this.divider = Math.min(1, Math.max(0, share));
      this.draw();
    };
    this.frame.addEventListener("pointerdown", event => {
      if (this.comparison !== "slider" || event.button !== 0) return;
      this.frame.setPointerCapture(event.pointerId);
      at(event);
    });
    this.frame.addEventListener("pointermove", event => {
      if (this.comparison === "slider" && event.buttons & 1) at(event);
    });
  }

  show({ reply, bitmap, fresh, version }) {
    const old = this.bitmap;
    this.bitmap = bitmap;
    if (reply.json.kind === "settle") this.rest(bitmap, version);
    this.discard(old);
    const { ita_deg, badge } = reply.json;
    this.tones.picture = ita_deg == null ? "" : this.words.ita + " " + Math.round(ita_deg) + "°";
    this.part("synthetic").hidden = false;
    this.badge("note", badge || "");
    this.stale(!fresh);
    if (fresh) delete this.root.dataset.behind;
    this.mark();
  }

  badge(name, text) {
    this.part(name).textContent = text;
    this.part(name).hidden = !text;
  }

  // A change was made that no picture shows yet.
  behind() {
    if (!this.bitmap) return;
    this.root.dataset.behind = "1";
    this.stale(true);
  }

  stale(on, sentence) {
    this.badge("stale", on && this.bitmap ? sentence || this.words.catching_up : "");
  }

  draw() {
    const { canvas, context, view, bitmap } = this, ratio = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!this.shown || !view.fits(this.shown)) return;
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    context.imageSmoothingEnabled = view.scale * ratio < 6;
    context.imageSmoothingQuality = "high";
    const { reference, comparison } = this, { width, height } = view.map;
    if (this.halved) { canvas.style.filter = ""; return [reference, bitmap].forEach((each, place) => this.drawHalf(each, place)); }
    const difference = comparison === "difference" && reference !== null && !this.held;
    canvas.style.filter = difference ? "brightness(" + AMPLIFIED + ")" : "";
    context.drawImage(this.shown, 0, 0, width, height);
    if (difference) {
      context.globalCompositeOperation = "difference";
      context.drawImage(reference, 0, 0, width, height);
      context.globalCompositeOperation = "source-over";
      return;
    }
    if (comparison === "slider" && reference && !this.held) this.drawSlider(reference);
    this.on.outlines.paint(context, this.on.editor);
  }

  get halved() {
    return this.comparison === "side" && this.reference !== null && !this.held;
  }

  // What the whole pane would show, at half its size in the left or right half, so that zoom and pan stay the map's.
  drawHalf(bitmap, place) {
    const { canvas, context, view } = this, ratio = devicePixelRatio, half = canvas.width / 2, gap = 2 * ratio;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(place ? half + gap : 0, 0, half - gap, canvas.height);
    context.clip();
    const scale = ratio * view.scale / 2, x = ratio * view.x / 2 + place * half, y = ratio * view.y / 2 + canvas.height / 4;
    context.setTransform(scale, 0, 0, scale, x, y);
    context.drawImage(bitmap, 0, 0, view.map.width, view.map.height);
    this.on.outlines.paint(context, this.on.editor);
    context.restore();
  }

  // The reference left of the divider.
  drawSlider(reference) {
    const { context, view } = this, { width, height } = view.map, x = this.divider * width;
    context.save();
    context.beginPath();
    context.rect(0, 0, x, height);
    context.clip();
    context.drawImage(reference, 0, 0, width, height);
    context.restore();
    for (const [style, line] of [["#000", 3.5], ["#fff", 1.5]]) {
      context.fillStyle = style;
      context.fillRect(x - line / 2 / view.scale, 0, line / view.scale, height);
    }
  }
}

export class ToneStrip {
  constructor(root, editor, words) {
    this.words = words;
    this.frame = root.querySelector(".strip");
    this.buttons = [...root.querySelectorAll("[data-tone]")];
    for (const button of this.buttons) button.addEventListener("click", () => {
      const tone = button.dataset.tone;
      editor.set({ tone: editor.settings.tone === tone ? null : tone });
    });
    editor.addEventListener("case", () => this.mark(editor.settings.tone));
  }

  mark(tone) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.tone === tone));
  }

  behind() {
    if (this.buttons.some(button => button.dataset.shown)) this.frame.dataset.behind = "1";
  }

  show({ reply, bitmaps }) {
    delete this.frame.dataset.behind;
    const tones = reply.json.tones || [];
    this.buttons.forEach((button, index) => {
      const canvas = button.querySelector("canvas"), bitmap = bitmaps[index], tone = tones[index] || {};
      if (!bitmap) return;
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
      bitmap.close();
      const name = button.dataset.tone + (tone.extrapolated ? " · " + this.words.extrapolated : "");
      button.querySelector("span").textContent = name;
      button.title = tone.ita_deg == null ? name : name + " · " + this.words.ita + " " + Math.round(tone.ita_deg) + "°";
      button.dataset.shown = "1";
    });
  }
}
