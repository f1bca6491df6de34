// The Sample screen: a grid of pictures from noise that fills as they come, one of them large, and the way to another.
import { Sliders } from "../sliders.js";
import { ask, partsOf, sentenceOf } from "../streams.js";
import { NearestPhoto } from "./nearest.js";

const SEEDS = 2 ** 48; // of the dice

export class Samples {
  constructor(root, files, words, generators) {
    Object.assign(this, { root, files, words, generators });
    this.places = []; // what stands in the grid: {place, bitmap, mask, node}
    this.running = null;
    this.masks = true;
    this.at = null; // which of them is large
    this.values = {}; // of the sliders, by name
    if (generators.length) this.bind();
  }

  part(name) {
    return this.root.querySelector("[data-part=" + name + "]");
  }

  wished(name) {
    return this.root.querySelector("[data-wish=" + name + "]");
  }

  bind() {
    const act = (name, run) => this.root.querySelector("[data-act=" + name + "]").addEventListener("click", run);
    act("sample", () => (this.running ? this.running.abort() : this.run()));
    act("sample-dice", () => { this.wished("seed").value = Math.floor(Math.random() * SEEDS); this.run(); });
    act("sample-mask", () => this.showMasks(!this.masks));
    act("sample-export", () => (this.exporting ? this.exporting.abort() : this.export()));
    act("sample-more", () => { const place = this.largePlace(); this.large.close(); this.run(place); });
    act("sample-save", () => this.keep("/sample/save"));
    act("sample-loop", () => this.keep("/sample/loop"));
    act("sample-close", () => this.large.close());
    act("sample-seed", () => this.copy(this.part("large-seed").textContent));
    act("sample-star", () => this.star(this.largePlace(), this.root.querySelector("[data-act=sample-star]")));
    act("sample-studio", () => { this.large.close(); this.toStudio(this.largeMask, this.largePlace().seed); });
    this.nearest = new NearestPhoto(this);
    act("sample-before", () => this.step(-1));
    act("sample-after", () => this.step(1));
    this.large = this.part("large");
    this.large.addEventListener("keydown", event => this.key(event));
    this.wished("preset").addEventListener("change", () => { this.suit(); this.run(); });
    this.wished("diagnosis").addEventListener("change", () => this.run());
    const slid = (name, value) => { this.values[name] = value; this.showSliders(); };
    this.sliders = new Sliders(this.root.querySelector("[data-screen=sample]"), {
      moved: slid,
      ended: () => this.run(),
      chosen: (name, value) => { slid(name, value); this.run(); },
    });
    for (const name of ["count", "seed"]) {
      this.wished(name).addEventListener("keydown", event => { if (event.key === "Enter") this.run(); });
    }
    this.part("share").addEventListener("input", () => this.turn());
    this.part("towards").addEventListener("change", () => this.turn());
    this.suit();
    this.showMasks(true);
  }

  generator() {
    return this.generators.find(one => one.name === this.wished("preset").value);
  }

  // Only what the generator takes can be asked for.
  suit() {
    const { diagnoses, mask } = this.generator(), select = this.wished("diagnosis");
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    select.replaceChildren(option("", this.words.any_diagnosis), ...diagnoses.map(name => option(name, name)));
    select.hidden = !diagnoses.length;
    this.root.querySelector("[data-act=sample-mask]").hidden = !mask;
    this.showSliders();
  }

  showSliders() {
    this.sliders.show(this.values, this.generator().controls.map(one => one.name));
  }

  // What the generator is told beside the seed.
  told() {
    const own = this.generator().controls.map(({ name }) => [name, this.values[name] ?? null]);
    return { diagnosis: this.wished("diagnosis").value || null, ...Object.fromEntries(own) };
  }

  open() {
    if (this.generators.length && !this.places.length && !this.running) this.run();
  }

  // JSON with the seeds as they were typed: numbers of 64 bits do not survive JavaScript's.
  json(table) {
    const seeds = [], held = (key, value) => {
      if (!["seed", "around", "towards"].includes(key) || value == null) return value;
      seeds.push(String(value).trim());
      return "#" + (seeds.length - 1);
    };
    return JSON.stringify(table, held).replace(/"#(\d+)"/g, (_, at) => /^-?(0|[1-9]\d*)$/.test(seeds[at]) ? seeds[at] : JSON.stringify(seeds[at]));
  }

  // A number as it was typed; what is none is told as such.
  number(name) {
    const typed = this.wished(name).value.trim(), value = Number(typed);
    return typed && Number.isFinite(value) ? value : typed;
  }

  wish() {
    return {
      preset: this.wished("preset").value,
      ...this.told(),
      seed: this.wished("seed").value,
      count: this.number("count"),
    };
  }

  ask(path, table, signal) {
    return ask(path, { method: "POST", body: this.json(table), signal }, this.words.sample_failed);
  }

  // A new grid; `around` a place, as many like it.
  async run(around = null) {
    if (this.running) this.running.abort();
    const mine = this.running = new AbortController();
    const { seed, turns, ...told } = around ?? {};
    const wish = { ...this.wish(), ...(around ? { ...told, around: seed, turns } : {}) };
    this.busy(true);
    this.part("tiles").dataset.behind = "1";
    this.say(this.words.catching_up);
    try {
      const response = await this.ask("/sample", wish, mine.signal);
      let total = 0;
      for await (const { json, body } of partsOf(response)) {
        if (mine.signal.aborted) return;
        if (json.total) { total = json.total; this.lay(total, json.command); }
        else await this.add({ ...json, turns: [...(turns ?? []), ...json.turns.slice(turns?.length ?? 0)] }, body);
        this.say(this.places.length + " / " + total);
      }
      this.say("");
    } catch (error) {
      if (mine.signal.aborted) this.say(this.words.sweep_stopped);
      else this.say(sentenceOf(error, this.words), true);
    } finally {
      if (this.running === mine) { this.running = null; this.busy(false); }
    }
  }

  busy(on) {
    this.root.querySelector("[data-act=sample]").textContent = on ? this.words.stop : this.words.sample_run;
  }

  say(sentence, wrong = false, name = "sample-state") {
    const node = this.part(name);
    node.textContent = sentence;
    node.classList.toggle("wrong", wrong);
  }

  lay(total, command) {
    for (const { bitmap, mask } of this.places) { bitmap.close(); if (mask) mask.close(); }
    this.places = [];
    this.picked = null;
    this.part("tiles").replaceChildren();
    delete this.part("tiles").dataset.behind;
    this.part("tiles").style.setProperty("--aspect", this.generator().size.join(" / "));
    this.part("sample-command").textContent = command || "";
  }

  // The picture to see large, its seed to copy, and what can be done with it.
  async add(place, body) {
    const { words } = this, { bitmap, mask, file } = await this.decoded(place, body), number = this.places.length;
    const said = [words.seed + " " + place.seed, place.shows].filter(Boolean);
    if (place.turns.length) said.push(this.way(place.turns));
    const canvas = document.createElement("canvas"), seed = place.turns.length ? place.turns.at(-1).towards : place.seed;
    const shot = this.button("shot", said.join(" · "), canvas, event => (event.shiftKey ? this.pick(number) : this.show(number)));
    const copied = this.button("seed", words.copy_seed + " " + seed, (place.turns.length ? "→ " : "") + seed, () => this.copy(String(seed)));
    const star = this.button("keep", words.keep_sample, "★", () => this.star(this.placeOf(place), star));
    const foot = Object.assign(document.createElement("div"), { className: "foot" }), node = document.createElement("div");
    foot.append(copied, star);
    if (mask) foot.append(this.button("studio", words.mask_to_studio, "✎", () => this.toStudio(file, seed)));
    node.className = "tile";
    node.append(shot);
    if (place.shows && this.generator().diagnoses.length) node.append(Object.assign(document.createElement("span"), { textContent: place.shows }));
    node.append(foot);
    this.places.push({ place, bitmap, mask, file, node });
    this.part("tiles").append(node);
    this.paint(canvas, bitmap, mask);
  }

  button(className, title, inside, act) {
    const node = Object.assign(document.createElement("button"), { type: "button", className, title, ariaLabel: title });
    node.append(inside);
    node.addEventListener("click", act);
    return node;
  }

  async copy(seed) {
    const { words } = this, where = this.large.open ? "large-state" : "sample-state";
    try {
      await navigator.clipboard.writeText(seed);
      this.say(words.seed_copied + " " + seed, false, where);
    } catch {
      this.say(words.seed_not_copied + " " + seed, true, where); // the browser forbids it; here it stands to be marked
    }
  }

  // Into the Library, from where it comes back to this screen.
  async star(place, node) {
    const where = this.large.open ? "large-state" : "sample-state";
    try {
      const response = await this.ask("/sample/keep", place), { id } = await response.json();
      node.setAttribute("aria-pressed", "true");
      this.library.added(id);
      this.say(this.words.in_library, false, where);
    } catch (error) {
      this.say(sentenceOf(error, this.words), true, where);
    }
  }

  // A pair's mask is a lesion to paint on.
  toStudio(file, seed) {
    this.root.querySelector("[data-go=studio]").click();
    this.files.open([new File([file], "sample-" + seed + "_segmentation.png", { type: "image/png" })]);
  }

  // One that was kept comes as a tile more, and large.
  async bringBack(place) {
    try {
      const response = await this.ask("/sample/one", place);
      for await (const { json, body } of partsOf(response)) await this.add(json, body);
      this.show(this.places.length - 1);
    } catch (error) {
      this.say(sentenceOf(error, this.words), true);
    }
  }

  async decoded(place, body) {
    const bitmap = await createImageBitmap(new Blob([body], { type: "image/jpeg" }));
    if (!place.mask) return { bitmap, mask: null, file: null };
    const bytes = Uint8Array.from(atob(place.mask), letter => letter.charCodeAt(0)), file = new Blob([bytes], { type: "image/png" });
    return { bitmap, mask: await createImageBitmap(file), file };
  }

  // The picture and, on it, the mask's outline: one pixel inside the lesion, light on dark.
  paint(canvas, bitmap, mask) {
    const pen = canvas.getContext("2d");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    pen.drawImage(bitmap, 0, 0);
    if (!mask || !this.masks) return;
    const { width, height } = bitmap, flat = new OffscreenCanvas(width, height), other = flat.getContext("2d");
    other.drawImage(mask, 0, 0);
    const inside = other.getImageData(0, 0, width, height).data, picture = pen.getImageData(0, 0, width, height);
    const at = (x, y) => x >= 0 && y >= 0 && x < width && y < height && inside[4 * (y * width + x)] > 127;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (!at(x, y) || (at(x - 1, y) && at(x + 1, y) && at(x, y - 1) && at(x, y + 1))) continue;
        picture.data.set([90, 220, 255, 255], 4 * (y * width + x));
      }
    }
    pen.putImageData(picture, 0, 0);
  }

  showMasks(on) {
    this.masks = on;
    this.root.querySelector("[data-act=sample-mask]").setAttribute("aria-pressed", on);
    for (const { bitmap, mask, node } of this.places) this.paint(node.querySelector("canvas"), bitmap, mask);
  }

  pick(number) {
    const first = this.picked, { node } = this.places[number];
    this.picked = first == null ? number : null;
    for (const one of this.places) one.node.classList.toggle("picked", this.picked != null && one.node === node);
    if (first != null && first !== number) this.show(first, this.places[number].place.seed, 50);
  }

  way(turns) {
    return turns.map(turn => "→ " + turn.towards).join(" ");
  }

  show(number, towards = null, share = 0) {
    const next = this.places[(number + 1) % this.places.length].place;
    this.at = number;
    this.part("towards").value = towards ?? (next.turns.length ? next.turns.at(-1).towards : next.seed);
    this.part("share").value = share;
    this.say("", false, "large-state");
    if (!this.large.open) this.large.showModal();
    const { bitmap, mask, place } = this.places[number]; // enlarged until its own picture is there
    this.paint(this.part("large-picture"), bitmap, mask);
    this.part("large-name").textContent = [this.words.seed, place.seed, "·", this.words.catching_up].join(" ");
    this.turn();
  }

  step(by) {
    const count = this.places.length;
    this.show((this.at + by + count) % count);
  }

  key(event) {
    if (event.target.matches("input")) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) { event.preventDefault(); this.step(by); }
  }

  // What is large: the sample, turned as far towards the other as the slider says; `whole` keeps a turn that is still at 0.
  largePlace(whole = false) {
    const { place } = this.places[this.at], share = Number(this.part("share").value) / 100;
    const last = { towards: this.part("towards").value, share };
    return { ...this.placeOf(place), turns: share || whole ? [...place.turns, last] : place.turns };
  }

  // What a sample is asked with, of what the server says of it.
  placeOf({ preset, shows, turns, ...more }) {
    const { settings, diagnoses } = this.generators.find(one => one.name === preset);
    const told = Object.fromEntries(settings.map(name => [name, more[name] ?? null]));
    return { preset, ...told, diagnosis: diagnoses.length ? shows : null, turns };
  }

  // The newest wish of a moving slider wins; the nearest photo follows when it rests.
  async turn() {
    const place = this.largePlace();
    this.part("share-value").textContent = this.part("share").value + " %";
    this.root.querySelector("[data-act=sample-star]").setAttribute("aria-pressed", "false");
    this.wanted = place;
    if (this.turning) return;
    this.turning = true;
    try {
      while (this.wanted) {
        const mine = this.wanted;
        this.wanted = null;
        const response = await this.ask("/sample/one", mine);
        for await (const { json, body } of partsOf(response)) {
          const { bitmap, mask, file } = await this.decoded(json, body);
          this.paint(this.part("large-picture"), bitmap, mask);
          this.largeMask = file;
          this.root.querySelector("[data-act=sample-studio]").hidden = !file;
          const name = [this.words.seed, json.seed, this.way(mine.turns)].filter(Boolean).join(" ");
          this.part("large-command").textContent = json.command;
          this.part("large-name").textContent = [this.words.synthetic, json.shows, name].filter(Boolean).join(" · ");
          this.part("large-seed").textContent = json.seed;
        }
        this.say("", false, "large-state");
        if (!this.wanted) this.nearest.find(mine);
      }
    } catch (error) {
      this.say(sentenceOf(error, this.words), true, "large-state");
    } finally {
      this.turning = false;
    }
  }

  async keep(path) {
    try {
      this.say(this.words.saving, false, "large-state");
      const response = await this.ask(path, this.largePlace(path === "/sample/loop"));
      this.files.download(await response.blob(), response.headers.get("content-disposition"));
      this.say(this.words.saved, false, "large-state");
    } catch (error) {
      this.say(sentenceOf(error, this.words), true, "large-state");
    }
  }

  async export() {
    const mine = this.exporting = new AbortController(), node = this.root.querySelector("[data-act=sample-export]");
    const label = node.textContent;
    node.textContent = this.words.stop;
    try {
      const response = await this.ask("/sample/export", { ...this.wish(), count: this.number("export") }, mine.signal);
      for await (const { json, body } of partsOf(response)) {
        if (json.total) this.say(this.words.exporting + " " + json.done + " / " + json.total);
        if (json.name) {
          this.files.download(new Blob([body]), 'filename="' + json.name + '"');
          this.say(this.words.exported);
        }
      }
    } catch (error) {
      if (mine.signal.aborted) this.say(this.words.sample_export_stopped);
      else this.say(sentenceOf(error, this.words), true);
    } finally {
      node.textContent = label;
      this.exporting = null;
    }
  }
}
