// The Library drawer: what was kept, newest first, found by plain words. A click restores a case (undo brings the old one
// back), Shift-click compares, Ctrl-click or the box chooses. What is deleted can be brought back for a moment, then the
// server removes it for good. Emits "change" when something was kept or deleted.
import { ask, partsOf, sentenceOf } from "../streams.js";
import { packMessage } from "../../canvas/wire.js";

const SEARCH_PAUSE_MS = 120, UNDO_MS = 10000;

function made(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export class Library extends EventTarget {
  constructor(root, live, files, picture, words) {
    super();
    Object.assign(this, { root, live, files, picture, words });
    this.part = name => root.querySelector("[data-part=" + name + "]");
    this.drawer = this.part("library");
    this.grid = this.part("kept");
    this.field = this.part("library-words");
    this.ids = new Set(); // of everything kept, as far as this page knows
    this.entries = [];
    this.cards = new Map();
    this.chosen = new Set();
    this.bind();
  }

  bind() {
    const on = (name, act) => this.root.querySelector("[data-act=" + name + "]").addEventListener("click", act);
    on("library", () => this.toggle());
    on("library-close", () => this.close());
    on("library-all", () => this.chooseAll());
    on("library-delete", () => this.remove([...this.chosen]));
    on("library-export", () => this.export());
    this.field.addEventListener("input", () => { this.showChips(); this.listSoon(); });
    this.drawer.addEventListener("keydown", event => this.key(event));
    for (const chip of this.chips) chip.addEventListener("click", () => this.toggleWord(chip.dataset.word));
  }

  get chips() {
    return this.root.querySelectorAll("[data-word]");
  }

  get open() {
    return !this.drawer.hidden;
  }

  toggle() {
    if (this.open) return this.close();
    this.drawer.hidden = false;
    this.opener(true);
    this.field.focus();
    this.list();
  }

  close() {
    const inside = this.drawer.contains(document.activeElement);
    this.drawer.hidden = true;
    this.opener(false);
    if (inside) this.root.querySelector("[data-act=library]").focus();
  }

  opener(open) {
    this.root.querySelector("[data-act=library]").setAttribute("aria-expanded", String(open));
  }

  toggleWord(word) {
    const words = this.field.value.split(/\s+/).filter(Boolean), rest = words.filter(one => one !== word);
    this.field.value = (rest.length < words.length ? rest : [...words, word]).join(" ");
    this.showChips();
    this.list();
  }

  showChips() {
    const words = this.field.value.split(/\s+/);
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(words.includes(chip.dataset.word)));
  }

  listSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.list(), SEARCH_PAUSE_MS);
  }

  // A request of the Library; what goes wrong is said in the drawer and gives null.
  async ask(path, options) {
    try {
      return await ask("/library" + path, options, this.words.library_failed);
    } catch (error) {
      this.note(sentenceOf(error, this.words));
      return null;
    }
  }

  async list() {
    const asked = this.asked = {}, response = await this.ask("?" + new URLSearchParams({ words: this.field.value }));
    const found = response && await response.json();
    if (!found || asked !== this.asked) return;
    this.entries = found.entries;
    for (const { id } of this.entries) this.ids.add(id);
    if (found.damaged.length) this.note(this.words.library_damaged + " " + found.damaged.join(", "));
    this.show();
    this.dispatchEvent(new Event("change"));
  }

  show() {
    const { entries, words } = this, shown = new Set(entries.map(({ id }) => id));
    for (const id of this.chosen) if (!shown.has(id)) this.chosen.delete(id);
    for (const id of this.cards.keys()) if (!shown.has(id)) this.cards.delete(id);
    this.grid.replaceChildren(...entries.map(entry => this.card(entry)));
    const first = this.grid.querySelector(".shot");
    if (first && !this.grid.querySelector(".shot[tabindex='0']")) this.roam(first);
    const empty = this.field.value.trim() ? words.library_none : words.library_empty;
    this.part("library-empty").textContent = entries.length ? "" : empty;
    this.mark();
  }

  mark() {
    const { chosen, entries, words } = this;
    for (const [id, card] of this.cards) {
      card.classList.toggle("chosen", chosen.has(id));
      card.querySelector("input").checked = chosen.has(id);
    }
    this.part("library-count").textContent = chosen.size ? chosen.size + " " + words.chosen : entries.length + " " + words.kept_count;
    for (const act of ["delete", "export"]) this.root.querySelector("[data-act=library-" + act + "]").disabled = !chosen.size;
  }

  card(entry) {
    if (this.cards.has(entry.id)) return this.cards.get(entry.id);
    const { words } = this, title = this.titleOf(entry);
    const image = made("img", { src: this.url(entry.id, "thumbnail"), loading: "lazy", alt: "" });
    const caption = made("span", { textContent: (entry.sample ? entry.conditions[0] || words.sample : entry.tone || words.auto) + " · " + entry.seed });
    const shot = made("button", { type: "button", className: "shot", title, ariaLabel: title, tabIndex: -1 }, image, caption);
    const box = made("input", { type: "checkbox", ariaLabel: words.choose, title: words.choose, tabIndex: -1 });
    const bin = made("button", { type: "button", className: "bin", textContent: "×", ariaLabel: words.delete, title: words.delete, tabIndex: -1 });
    shot.addEventListener("click", event => this.click(entry.id, event));
    box.addEventListener("change", () => this.choose(entry.id));
    bin.addEventListener("click", () => this.remove([entry.id]));
    const card = made("div", { className: "card", role: "listitem" }, shot, box, bin);
    card.dataset.kept = entry.id;
    this.cards.set(entry.id, card);
    return card;
  }

  titleOf({ seed, tone, generator, markers, conditions, made, sample }) {
    const { words } = this, bears = [...markers.map(name => name.replaceAll("_", " ")), ...conditions];
    const time = made ? new Date(made).toLocaleString() : "";
    return [words.seed + " " + seed, sample ? words.sample : words.tone + " " + (tone || words.auto), ...bears, generator, time].filter(Boolean).join(" · ");
  }

  url(id, what) {
    return "/library/" + encodeURIComponent(id) + "/" + what;
  }

  click(id, event) {
    if (event.ctrlKey || event.metaKey) return this.choose(id);
    return event.shiftKey ? this.compare(id) : this.restore(id);
  }

  choose(id) {
    if (!this.chosen.delete(id)) this.chosen.add(id);
    this.mark();
  }

  chooseAll() {
    const all = this.entries.every(({ id }) => this.chosen.has(id));
    this.chosen = new Set(all ? [] : this.entries.map(({ id }) => id));
    this.mark();
  }

  async restore(id) {
    if (this.entries.find(entry => entry.id === id)?.sample) return this.bringBackSample(id);
    const response = await this.ask("/" + encodeURIComponent(id) + "/case");
    if (!response) return;
    await this.files.take(await response.arrayBuffer()).catch(error => this.files.complain(error));
    this.toStudio();
  }

  // A sample from noise has no case; it is seen on its own screen.
  async bringBackSample(id) {
    const response = await this.ask("/" + encodeURIComponent(id) + "/sample");
    if (!response) return;
    this.close();
    this.root.querySelector("[data-go=sample]").click();
    for await (const { json } of partsOf(response)) this.samples.bringBack(json);
  }

  // Something was kept from another screen.
  added(id) {
    this.ids.add(id);
    if (this.open) this.list(); else this.dispatchEvent(new Event("change"));
  }

  async compare(id) {
    const response = await this.ask("/" + encodeURIComponent(id) + "/picture");
    if (!response) return;
    this.picture.compareWith(await createImageBitmap(await response.blob()));
    this.toStudio();
  }

  // The drawer opens over every screen; what it gives is seen in the studio.
  toStudio() {
    this.close();
    this.root.querySelector("[data-go=studio]").click();
  }

  // Paints a snapshot of the editor anew, for good, and keeps it; gives its name.
  async keep({ map, settings }) {
    const { live } = this, body = packMessage(++live.seq, map, { client: live.client, kind: "settle", ...live.editor.told(settings) });
    const options = { method: "POST", body };
    const response = await ask("/library", options, this.words.keep_failed).catch(error => this.files.complain(error));
    if (!response) return null;
    const { id } = await response.json();
    this.added(id);
    this.files.say(this.words.in_library);
    return id;
  }

  async remove(ids) {
    const gone = [];
    for (const id of ids) if (await this.ask("/" + encodeURIComponent(id), { method: "DELETE" })) gone.push(id);
    for (const id of gone) { this.ids.delete(id); this.chosen.delete(id); this.cards.delete(id); }
    if (gone.length) this.note(this.words.deleted + (gone.length > 1 ? " " + gone.length : ""), this.words.undo, () => this.undelete(gone), UNDO_MS);
    await this.list();
  }

  async undelete(ids) {
    this.note("");
    for (const id of ids) await this.ask("/" + encodeURIComponent(id) + "/undelete", { method: "POST" });
    await this.list();
  }

  // One line at the foot of the drawer, with a button where something can be done about it.
  note(sentence, action, act, ms) {
    clearTimeout(this.noteTimer);
    const button = action ? [made("button", { type: "button", className: "link", textContent: action, onclick: act })] : [];
    this.part("library-note").replaceChildren(sentence, ...button);
    if (!this.open && sentence) this.files.say(sentence);
    if (ms) this.noteTimer = setTimeout(() => this.note(""), ms);
  }

  // The server writes the data set and tells how far it is; then the browser fetches the file.
  async export() {
    const stop = new AbortController(), ids = [...this.chosen], body = JSON.stringify({ ids });
    const response = await this.ask("/export", { method: "POST", body, signal: stop.signal });
    if (!response) return;
    try {
      for await (const { json } of partsOf(response)) {
        if (json.total) this.note(this.words.exporting + " " + json.done + " / " + json.total, this.words.stop, () => stop.abort());
        if (json.file) this.fetchFile(json.file);
      }
    } catch (error) {
      this.note(stop.signal.aborted ? this.words.stopped : sentenceOf(error, this.words));
    }
  }

  fetchFile(file) {
    made("a", { href: "/library/export/" + file, download: "" }).click();
    this.note(this.words.exported);
  }

  key(event) {
    const { key } = event, shot = event.target.closest(".shot"), act = this.keyAct(key, shot, event);
    if (key !== "Escape" && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) act(); else this.close();
  }

  // On a card: arrows go to the next, Space chooses, Delete deletes.
  keyAct(key, shot, { ctrlKey, metaKey }) {
    const shots = [...this.grid.querySelectorAll(".shot")];
    if (!shot) return key === "ArrowDown" && shots.length ? () => this.roam(shots[0], true) : null;
    const id = shot.parentElement.dataset.kept, across = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[key];
    if (step) return () => this.roam(shots[Math.min(shots.length - 1, Math.max(0, shots.indexOf(shot) + step))], true);
    if (key === " ") return () => this.choose(id);
    if (key === "Delete" || key === "Backspace") return () => this.removeFocused(shots, shot, id);
    return key === "a" && (ctrlKey || metaKey) ? () => this.chooseAll() : null;
  }

  async removeFocused(shots, shot, id) {
    const next = shots[shots.indexOf(shot) + 1] || shots[shots.indexOf(shot) - 1];
    await this.remove([id]);
    if (next && next.isConnected) this.roam(next, true); else this.field.focus();
  }

  // One card at a time is reached by Tab.
  roam(shot, focus) {
    for (const other of this.grid.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    for (const node of shot.parentElement.children) node.tabIndex = 0;
    if (focus) shot.focus();
  }
}
