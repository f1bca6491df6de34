// How fine the superpixels in the hand are. A photo's come with its case at the medium grain, and only these shape the
// picture; the other grains, and the cells proposed for a drawn case, come from the server.
import { Superpixels } from "../../canvas/raster.js";
import { ask, sentenceOf } from "../streams.js";

const GRAINS = ["coarse", "medium", "fine"], REMEMBERED = 12;

async function inflate(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Int32Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
}

function toBase64(buffer) {
  return btoa(Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join(""));
}

export class Grains {
  constructor(root, editor, say, words) {
    Object.assign(this, { root, editor, say, words });
    this.known = new Map(); // key → Superpixels
    this.wanted = null; // the grain that was chosen and whose superpixels are on their way
    editor.addEventListener("case", () => this.follow());
    editor.addEventListener("tool", () => { root.dataset.hand = editor.tool.name; });
    root.dataset.hand = editor.tool.name;
    this.buttons = [...root.querySelectorAll("[data-grain]")];
    for (const button of this.buttons) button.addEventListener("click", () => this.choose(button.dataset.grain));
  }

  // A case's own superpixels are known by their text, so that undo finds them again.
  keyOf(map, { photo, grain }) {
    if (!map.superpixels) return [map.width, map.height, grain].join(" ");
    return grain === "medium" || !photo ? map.superpixels : photo + " " + grain;
  }

  async of(map, settings) {
    const key = this.keyOf(map, settings);
    if (this.known.has(key)) return this.known.get(key);
    const photo = map.superpixels ? settings.photo : null;
    const ids = key === map.superpixels ? await inflate(fromBase64(key))
      : await inflate(await this.fetch(map, settings.grain, photo));
    const cells = new Superpixels(ids, map.width, map.height);
    this.known.set(key, cells);
    if (this.known.size > REMEMBERED) this.known.delete(this.known.keys().next().value);
    return cells;
  }

  async fetch({ width, height }, grain, photo) {
    const query = new URLSearchParams({ width, height, grain, ...(photo && { photo }) });
    const response = await ask("/cells?" + query, {}, this.words.start_failed);
    return (await response.arrayBuffer()).slice(4);
  }

  // The ids for a case from the server. A photo that was just opened gets its superpixels here; one that is no longer
  // there leaves its case with those of a drawn one.
  async idsOf({ width, height, json }) {
    if (json.photo && !json.superpixels) {
      this.say(this.words.finding);
      json.superpixels = await this.fetch({ width, height }, "medium", json.photo).then(toBase64).catch(error => {
        if (error instanceof TypeError) throw error;
        return null;
      });
    }
    const map = { width, height, superpixels: json.superpixels };
    return (await this.of(map, { ...json, grain: "medium" })).ids;
  }

  // The superpixels of the case on the canvas, whatever brought it there.
  async follow() {
    const { editor } = this, { map, settings } = editor, key = this.keyOf(map, settings);
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.grain === settings.grain));
    if (this.known.get(key) === editor.superpixels) return;
    try {
      const cells = await this.of(map, settings);
      if (this.keyOf(editor.map, editor.settings) === key) this.use(cells);
    } catch (error) {
      // That the photo is gone is said where it is missed.
      if (map.superpixels) this.use(await this.of(map, { ...settings, photo: null }));
      else this.complain(error, this.words.grain_needs_photo);
    }
  }

  use(cells) {
    if (this.editor.superpixels === cells) return;
    this.editor.superpixels = cells;
    this.editor.emit("tool");
    this.editor.emit("cells", { rect: this.editor.everything });
  }

  // One undoable step, once the superpixels are there. Of several choices in a hurry the last one counts.
  async choose(grain) {
    const { editor, words } = this, { map, settings } = editor;
    if (grain === this.chosen) return;
    if (map.superpixels && !settings.photo && grain !== "medium") return this.say(words.grain_needs_photo, true);
    this.wanted = grain;
    try {
      await this.of(map, { ...settings, grain });
      if (this.wanted !== grain) return;
      if (grain !== editor.settings.grain) editor.set({ grain });
      this.say(words.grains[grain]);
    } catch (error) {
      this.complain(error, error.message);
    }
    if (this.wanted === grain) this.wanted = null;
  }

  get chosen() {
    return this.wanted ?? this.editor.settings.grain;
  }

  // A request that never arrived has no sentence of its own.
  complain(error, sentence) {
    this.say(error instanceof TypeError ? sentenceOf(error, this.words) : sentence, true);
  }

  step(by) {
    const next = GRAINS[GRAINS.indexOf(this.chosen) + by];
    if (next) this.choose(next);
  }

  forget(photo) {
    for (const key of [...this.known.keys()]) if (!photo || key.startsWith(photo)) this.known.delete(key);
  }
}
