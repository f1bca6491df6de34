// The real photo that the map was drawn on: fetched by its name, laid beneath the map or shown in the picture's place,
// deleted for good. It is kept by the server, in memory here, and nowhere else.

const HALF = 0.5;

export class Photo {
  constructor(root, editor, mapPane, picture, grains, say, words) {
    Object.assign(this, { root, editor, mapPane, picture, grains, say, words });
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
    root.querySelector("[data-act=remove-photo]").addEventListener("click", () => this.remove(this.name));
    root.querySelector("[data-act=remove-photos]").addEventListener("click", () => this.remove(null));
    this.menu.addEventListener("beforetoggle", () => this.count());
    this.lie("picture");
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
    const query = name ? "?" + new URLSearchParams({ name }) : "";
    const response = await fetch("/photos" + query, { method: "DELETE" }).catch(() => null);
    if (!response || !response.ok) return this.say(this.words.unreachable, true);
    this.grains.forget(name);
    this.editor.set({ photo: null, grain: "medium" });
    this.say(name ? this.words.photo_removed : this.words.photos_removed);
  }
}
