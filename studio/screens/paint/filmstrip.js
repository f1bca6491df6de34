// The history filmstrip: every picture that came to rest, with its case, newest first. A click restores the case, the star
// keeps it in the Library, Shift-click compares. A reload brings it back (memory.js).
import { crc32 } from "../../canvas/wire.js";

const FRAME_LIMIT = 60;

// Cases with the same key give the same picture.
function keyOf({ map, settings }) {
  const { cells } = map, bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  return [map.width, map.height, crc32(bytes), JSON.stringify(settings), crc32(new TextEncoder().encode(map.superpixels || ""))].join(" ");
}

export class Filmstrip {
  constructor(parts) {
    Object.assign(this, parts); // root, editor, live, picture, library, memory, words
    const { root, live, library } = this;
    this.film = root.querySelector("[data-part=film]");
    this.frames = [];
    this.current = null;
    live.addEventListener("picture", ({ detail }) => {
      if (detail.fresh && detail.reply.json.kind === "settle") setTimeout(() => this.take(detail)); // the picture goes first
    });
    library.addEventListener("change", () => this.mark());
    this.film.addEventListener("keydown", event => this.key(event));
  }

  take({ reply, version }) {
    const { editor } = this;
    if (version !== editor.version || editor.gesture) return;
    const key = keyOf(editor);
    this.current = this.frames.find(frame => frame.key === key) || this.shoot(key, reply.pictures[0]);
    this.mark();
  }

  shoot(key, jpeg) {
    const blob = new Blob([jpeg], { type: "image/jpeg" }), frame = { key, blob, snapshot: this.editor.snapshot(), kept: null };
    this.memory.keepFrame(frame);
    return this.add(frame);
  }

  // Frames from before a reload, oldest first.
  bringBack(frames) {
    for (const frame of frames) this.add(frame);
    this.mark();
    if (frames.some(({ kept }) => kept)) this.library.list(); // which of them are still kept
  }

  add(frame) {
    frame.url = URL.createObjectURL(frame.blob);
    frame.node = this.build(frame);
    this.frames.unshift(frame);
    this.film.prepend(frame.node);
    this.film.scrollLeft = 0;
    for (const old of this.frames.splice(FRAME_LIMIT)) {
      old.node.remove();
      this.memory.dropFrame(old);
      URL.revokeObjectURL(old.url);
    }
    return frame;
  }

  build(frame) {
    const { words } = this, { seed, tone } = frame.snapshot.settings, node = document.createElement("div");
    const name = words.seed + " " + seed + ", " + words.tone + " " + (tone || words.auto);
    const shot = document.createElement("button"), star = document.createElement("button"), image = new Image();
    Object.assign(image, { src: frame.url, alt: "" });
    Object.assign(shot, { type: "button", className: "shot", title: name + " · " + words.film_title, ariaLabel: name });
    Object.assign(star, { type: "button", className: "star", textContent: "★" });
    shot.append(image);
    shot.addEventListener("click", event => (event.shiftKey ? this.compare(frame) : this.restore(frame)));
    star.addEventListener("click", () => this.toggle(frame));
    Object.assign(node, { className: "shot-frame" }).append(shot, star);
    return node;
  }

  isKept(frame) {
    return frame.kept !== null && this.library.ids.has(frame.kept);
  }

  mark() {
    const { current, words } = this;
    for (const frame of this.frames) {
      const [shot, star] = frame.node.children, kept = this.isKept(frame), here = frame === current;
      shot.setAttribute("aria-current", String(here));
      star.setAttribute("aria-pressed", String(kept));
      star.ariaLabel = star.title = kept ? words.unkeep : words.keep;
      shot.tabIndex = star.tabIndex = here ? 0 : -1;
    }
  }

  restore(frame) {
    if (keyOf(this.editor) !== frame.key) this.editor.restore(frame.snapshot);
  }

  async compare(frame) {
    this.picture.compareWith(await createImageBitmap(frame.blob));
  }

  async toggle(frame) {
    if (this.isKept(frame)) await this.library.remove([frame.kept]);
    else frame.kept = await this.library.keep(frame.snapshot);
    this.memory.keepFrame(frame);
    this.mark();
  }

  // The picture on screen; one that is not at rest yet is kept once it is.
  keepCurrent() {
    if (this.current && keyOf(this.editor) === this.current.key) this.toggle(this.current);
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], shots = this.frames.map(({ node }) => node.firstChild);
    const at = shots.findIndex(shot => shot.parentElement.contains(event.target));
    if (event.code === "Space" || event.key === "Enter") event.stopPropagation();
    if (!step || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = shots[Math.min(shots.length - 1, Math.max(0, at + step))];
    for (const { node } of this.frames) for (const button of node.children) button.tabIndex = node.contains(next) ? 0 : -1;
    next.focus();
  }
}
