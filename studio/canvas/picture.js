// The picture pane and the tone strip. A picture stays until a newer one is there; what is no longer of this case is
// badged stale, never blanked.

export class PicturePane {
  constructor(root, view, words) {
    this.root = root;
    this.view = view;
    this.words = words;
    this.canvas = root.querySelector("[data-pane=picture]");
    this.context = this.canvas.getContext("2d");
    this.bitmap = null;
    this.part = name => root.querySelector("[data-part=" + name + "]");
    view.addEventListener("change", () => { this.placeBadges(); this.draw(); });
  }

  // Badges sit on the picture, not in the empty band around it.
  placeBadges() {
    const { view, canvas } = this, frame = canvas.parentElement;
    frame.style.setProperty("--side", Math.max(0, view.x) + "px");
    frame.style.setProperty("--foot", Math.max(0, view.pane.height - view.y - view.map.height * view.scale) + "px");
  }

  show({ reply, bitmap, fresh }) {
    if (this.bitmap) this.bitmap.close();
    this.bitmap = bitmap;
    const { ita_deg, badge } = reply.json;
    this.part("ita").textContent = ita_deg == null ? "" : this.words.ita + " " + Math.round(ita_deg) + "°";
    this.part("synthetic").hidden = false;
    this.badge("note", badge || "");
    this.stale(!fresh);
    this.draw();
  }

  badge(name, text) {
    this.part(name).textContent = text;
    this.part(name).hidden = !text;
  }

  stale(on, sentence) {
    this.badge("stale", on && this.bitmap ? sentence || this.words.catching_up : "");
  }

  draw() {
    const { canvas, context, view, bitmap } = this, ratio = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!bitmap) return;
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    context.imageSmoothingEnabled = view.scale * ratio < 6;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, view.map.width, view.map.height);
  }
}

export class ToneStrip {
  constructor(root, editor, words) {
    this.words = words;
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

  show({ reply, bitmaps }) {
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
