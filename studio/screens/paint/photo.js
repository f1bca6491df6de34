// The real photo that the map was drawn on: fetched by its name, laid beneath the map or shown in the picture's place,
// deleted for good. It is kept by the server, in memory here, and nowhere else.
import { LESION } from "../../canvas/cells.js";
import { packMessage } from "../../canvas/wire.js";
import { ask, sentenceOf } from "../streams.js";

const HALF = 0.5;

export class Photo {
  constructor(parts) {
    Object.assign(this, parts); // root, editor, live, mapPane, picture, grains, say, words
    const { root, editor } = this;
    this.name = null;
    this.bitmap = null;
    this.beneath = "picture";
    this.tones = new Map(); // name → what was said of the photo's skin when it was opened
    this.part = name => root.querySelector("[data-part=" + name + "]");
    this.menu = root.querySelector("#photo-menu");
    editor.addEventListener("case", () => this.follow());
    editor.addEventListener("drawn", ({ detail }) => this.tag(detail.through));
    for (const node of root.querySelectorAll("[data-beneath]")) {
      node.addEventListener("click", () => this.lie(node.dataset.beneath));
    }
    this.bindActions();
    this.menu.addEventListener("beforetoggle", () => { this.ask(undefined); this.count(); });
    this.lie("picture");
  }

  bindActions() {
    const { editor } = this, on = (name, act) => this.root.querySelector("[data-act=" + name + "]").addEventListener("click", act);
    on("remove-photo", () => this.ask(this.name));
    on("remove-photos", () => this.ask(null));
    on("remove-sure", () => { this.menu.hidePopover(); this.remove(this.doomed); });
    on("remove-not", () => this.ask(undefined));
    on("match", () => { this.menu.hidePopover(); this.match(); });
    on("doubt-invert", () => editor.invert());
    on("doubt-draw", () => {
      editor.clear();
      editor.choose({ name: "brush", label: LESION });
    });
    on("doubt-keep", () => this.doubt(""));
    editor.addEventListener("commit", () => this.doubt(""));
  }

  // Why a proposed lesion is probably wrong, with what can be done about it, until the hand has done something.
  doubt(sentence) {
    this.part("doubt").hidden = !sentence;
    this.part("doubt-why").textContent = sentence;
  }

  // Whether a photo by name, or all of them for null, is really to be deleted; undefined takes the question back.
  ask(doomed) {
    this.doomed = doomed;
    this.part("photo-sure").hidden = doomed === undefined;
    this.part("photo-remove").hidden = doomed !== undefined;
    if (doomed !== undefined) this.root.querySelector("[data-act=remove-not]").focus();
  }

  // The sliders and the tone come to stand where this photo has them, as one undoable step.
  async match() {
    const { editor, live, words } = this, asked = editor.version;
    try {
      const body = packMessage(++live.seq, editor.map, { client: live.client, kind: "settle", ...editor.told() });
      const response = await ask("/match", { method: "POST", body }, words.match_failed), found = await response.json();
      if (editor.version !== asked) return;
      editor.set(found);
      this.say(words.matched);
    } catch (error) {
      this.say(sentenceOf(error, words), true);
    }
  }

  // The photo of the case on the canvas.
  follow() {
    return this.take(this.editor.settings.photo || null);
  }

  async take(name) {
    if (name === this.name) return;
    this.name = name;
    if (!name) return this.show(null);
    const response = await fetch("/photo?" + new URLSearchParams({ name })).catch(() => null);
    const bitmap = response && response.status === 200 ? await createImageBitmap(await response.blob()) : null;
    if (this.name !== name) return bitmap && bitmap.close();
    if (response && response.status === 204) this.say(this.words.photo_gone, true);
    this.show(bitmap);
  }

  show(bitmap) {
    this.bitmap = bitmap;
    this.picture.showPhoto(bitmap, this.tones.get(this.name));
    this.part("photo").hidden = this.part("photo-forms").hidden = !bitmap;
    if (!bitmap && this.menu.matches(":popover-open")) this.menu.hidePopover();
    this.lie(this.beneath);
  }

  // A photo that was just opened is seen before its case is there.
  async opened(name, tone) {
    this.tones.set(name, tone);
    await this.take(name);
    if (this.bitmap) this.picture.compare("photo");
  }

  // Beneath a map that lets it through, so that the lesion can be corrected on it; the picture is beside it.
  lay() {
    this.picture.compare("none");
    if (!this.bitmap) return;
    this.lie("photo");
    if (this.mapPane.opacity < 1) return;
    const slider = this.part("opacity");
    slider.value = 100 * HALF;
    slider.dispatchEvent(new Event("input"));
  }

  lie(beneath) {
    this.beneath = beneath;
    this.mapPane.photo = beneath === "photo" ? this.bitmap : null;
    for (const node of this.root.querySelectorAll("[data-beneath]")) {
      node.setAttribute("aria-pressed", String(node.dataset.beneath === beneath));
    }
    this.mapPane.redraw();
  }

  tag(through) {
    this.part("beneath").hidden = !through;
    this.part("beneath").textContent = this.words.beneath[this.mapPane.photo ? "photo" : "picture"];
  }

  async count() {
    const response = await fetch("/photos").catch(() => null), { count } = response && response.ok ? await response.json() : {};
    const all = this.root.querySelector("[data-act=remove-photos]");
    all.hidden = !(count > 1);
    all.textContent = this.words.remove_all.replace("{count}", count);
  }

  // Deleted on the server first; the case then names it no more. Without a name, all photos.
  async remove(name) {
    const query = name ? "?" + new URLSearchParams({ name }) : "", { editor, words } = this;
    const response = await fetch("/photos" + query, { method: "DELETE" }).catch(() => null);
    if (!response || !response.ok) return this.say(words.unreachable, true);
    const { deleted } = await response.json(), { photo, grain } = editor.settings;
    this.grains.forget(name);
    editor.set({ photo: null, grain: "medium" });
    const undo = { title: words.undo, act: () => this.bringBack(deleted, { photo, grain }) };
    this.say(name ? words.photo_removed : words.photos_removed, false, undo);
  }

  // For as long as the server keeps what was deleted.
  async bringBack(names, settings) {
    try {
      for (const name of names) await ask("/photos/undelete?" + new URLSearchParams({ name }), { method: "POST" }, this.words.unreachable);
      this.name = null; // also where undo has named it again meanwhile
      if (!this.editor.set(settings)) this.follow();
      this.say(this.words.photo_back);
    } catch (error) {
      this.say(sentenceOf(error, this.words), true);
    }
  }
}
