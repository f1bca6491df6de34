// Save picture, and a saved picture dropped on the page: the whole case travels inside the file.
import { packMessage, unpackMessage } from "./wire.js";

const LARGEST_DROP = 64 * 1024 * 1024, BLANK = "blank";

async function inflate(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// The server's own sentence where it sent one.
export async function sentenceOf(response, fallback) {
  const body = await response.json().catch(() => ({}));
  return body.error || body.detail || fallback + " (" + response.status + ")";
}

export class Files {
  constructor(root, editor, live, say, words) {
    Object.assign(this, { editor, live, say, words });
    this.veil = root.querySelector("[data-part=veil]");
    this.input = root.querySelector("[data-part=file]");
    root.querySelector("[data-act=save]").addEventListener("click", () => this.save());
    for (const node of root.querySelectorAll("[data-form]")) {
      node.addEventListener("click", () => { node.closest("[popover]").hidePopover(); this.save(node.dataset.form); });
    }
    root.querySelector("[data-act=open]").addEventListener("click", () => this.choose());
    this.input.addEventListener("change", () => this.restoreFrom(this.input.files[0]));
    this.bindDrop();
    const starters = root.querySelector("[data-part=starter]");
    starters.addEventListener("change", () => {
      if (starters.value === BLANK) this.editor.clear();
      else this.start(starters.value).catch(error => this.complain(error));
      starters.selectedIndex = 0;
      starters.blur();
    });
  }

  // A request that never arrived has no sentence of its own.
  complain(error) {
    this.say(error instanceof TypeError ? this.words.unreachable : error.message, true);
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
    on("drop", event => { veil(false); this.restoreFrom(event.dataTransfer.files[0]); });
  }

  // The first starter, or one by name.
  async start(name) {
    const response = await fetch("/start" + (name ? "?" + new URLSearchParams({ case: name }) : ""));
    if (!response.ok) throw new Error(await sentenceOf(response, this.words.start_failed));
    await this.take(await response.arrayBuffer());
  }

  // A case message from the server, with the superpixels that belong to it.
  async take(buffer) {
    const message = unpackMessage(buffer);
    this.editor.load(message, await this.superpixels(message));
  }

  // A photo's superpixels come with its case. A drawn case has no photo, so its superpixels are the proposed ones, the
  // same for every seed of the picture.
  async superpixels({ width, height, json }) {
    if (json.superpixels) {
      return new Int32Array(await inflate(Uint8Array.from(atob(json.superpixels), letter => letter.charCodeAt(0))));
    }
    const query = new URLSearchParams({ width, height });
    const response = await fetch("/cells?" + query);
    if (!response.ok) throw new Error(await sentenceOf(response, this.words.start_failed));
    const body = await response.arrayBuffer();
    return new Int32Array(await inflate(body.slice(4)));
  }

  async save(form = "picture") {
    const { editor, live } = this;
    if (!editor.map) return;
    this.say(this.words.saving);
    try {
      const body = packMessage(++live.seq, editor.map, { client: live.client, kind: "settle", ...editor.settings });
      const response = await fetch("/save?" + new URLSearchParams({ form }), { method: "POST", body });
      if (!response.ok) throw new Error(await sentenceOf(response, this.words.save_failed));
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

  async restoreFrom(file) {
    if (!file) return;
    try {
      if (file.size > LARGEST_DROP) throw new Error(this.words.drop_too_large);
      const response = await fetch("/restore", { method: "POST", body: file });
      if (!response.ok) throw new Error(await sentenceOf(response, this.words.restore_failed));
      await this.take(await response.arrayBuffer());
      this.say(this.words.restored);
    } catch (error) {
      this.complain(error);
    }
  }
}
