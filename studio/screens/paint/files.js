// Save picture, and whatever is opened or dropped on the page: a saved picture, a bundle, a photo with or without masks.
import { ask, sentenceOf } from "../streams.js";
import { packMessage, unpackMessage } from "../../canvas/wire.js";

const LARGEST_DROP = 64 * 1024 * 1024, BLANK = "blank";

export class Files {
  constructor(root, editor, live, grains, photo, say, words) {
    Object.assign(this, { editor, live, grains, photo, say, words });
    this.veil = root.querySelector("[data-part=veil]");
    this.input = root.querySelector("[data-part=file]");
    root.querySelector("[data-act=save]").addEventListener("click", () => this.save());
    for (const node of root.querySelectorAll("[data-form]")) {
      node.addEventListener("click", () => { node.closest("[popover]").hidePopover(); this.save(node.dataset.form); });
    }
    root.querySelector("[data-act=open]").addEventListener("click", () => this.choose());
    this.input.addEventListener("change", () => this.open([...this.input.files]));
    this.bindDrop();
    const starters = root.querySelector("[data-part=starter]");
    starters.addEventListener("change", () => {
      if (starters.value === BLANK) this.editor.clear();
      else this.start(starters.value).catch(error => this.complain(error));
      starters.selectedIndex = 0;
      starters.blur();
    });
  }

  complain(error) {
    this.say(sentenceOf(error, this.words), true);
  }

  choose() {
    this.input.value = "";
    this.input.click();
  }

  bindDrop() {
    let depth = 0;
    const veil = shown => { depth = shown ? depth : 0; this.veil.hidden = !shown; };
    const on = (type, act) => window.addEventListener(type, event => { event.preventDefault(); act(event); });
    on("dragenter", () => { depth++; veil(true); });
    on("dragleave", () => { if (--depth <= 0) veil(false); });
    on("dragover", () => {});
    on("drop", event => { veil(false); this.open([...event.dataTransfer.files]); });
  }

  // Another generator paints another kind of case: the one it was left with, or its starter.
  async change(generator) {
    const { conditionsOf } = this.editor, takesMap = name => !conditionsOf[name].length;
    if (takesMap(generator) && takesMap(this.editor.settings.generator)) return this.editor.set({ generator });
    if (!this.editor.unpark(generator)) await this.start(undefined, generator);
  }

  // What is on screen is of the case before, until the new one is there; if it does not come, the old one is asked for again.
  async awaited(response) {
    this.editor.emit("awaiting");
    try {
      return await response;
    } catch (error) {
      this.live.ask("settle");
      throw error;
    }
  }

  // The first starter, or one by name.
  async start(name, generator) {
    const query = new URLSearchParams({ ...(name && { case: name }), ...(generator && { generator }) });
    const response = await this.awaited(ask("/start?" + query, {}, this.words.start_failed));
    await this.take(await response.arrayBuffer());
  }

  // A case message from the server, with the superpixels that belong to it.
  async take(buffer) {
    const message = unpackMessage(buffer);
    this.editor.load(message, await this.grains.idsOf(message));
  }

  async save(form = "picture") {
    const { editor, live } = this;
    if (!editor.map) return;
    this.say(this.words.saving);
    try {
      const body = packMessage(++live.seq, editor.map, { client: live.client, kind: "settle", ...editor.told() });
      const query = new URLSearchParams({ form });
      const response = await ask("/save?" + query, { method: "POST", body }, this.words.save_failed);
      this.download(await response.blob(), response.headers.get("content-disposition"));
      this.say(this.words.saved + " " + new Date().toLocaleTimeString());
    } catch (error) {
      this.complain(error);
    }
  }

  download(blob, disposition) {
    const link = document.createElement("a"), named = /filename="?([^";]+)/.exec(disposition || "");
    const { seed, tone } = this.editor.settings;
    link.href = URL.createObjectURL(blob);
    link.download = named ? named[1] : ["moulage", "seed-" + seed, tone || "auto"].join("-") + ".png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // A photo is seen at once; its superpixels, and with them the case, come a moment later. What cannot be opened leaves
  // the case as it is.
  async open(files) {
    if (!files.length) return;
    try {
      if (files.reduce((sum, file) => sum + file.size, 0) > LARGEST_DROP) throw new Error(this.words.drop_too_large);
      this.say(this.words.opening);
      const body = new FormData();
      for (const file of files) body.append("files", file);
      const response = await ask("/open", { method: "POST", body }, this.words.open_failed);
      const buffer = await response.arrayBuffer(), { photo } = unpackMessage(buffer).json;
      const heard = name => decodeURIComponent(response.headers.get(name));
      if (photo) await this.photo.opened(photo, heard("x-tone"));
      await this.take(buffer);
      if (photo) {
        this.photo.lay();
        this.photo.doubt(heard("x-doubt"));
      }
      const gone = photo && !this.photo.bitmap;
      this.say(gone ? this.words.photo_gone : heard("x-notice"), gone);
    } catch (error) {
      this.photo.follow();
      this.complain(error);
    }
  }
}
