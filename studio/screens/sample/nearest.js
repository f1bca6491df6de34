// The real photo that is nearest to the large sample, and the index of this machine's photos in which it is looked up.
import { partsOf, sentenceOf } from "../streams.js";

export class NearestPhoto {
  constructor(samples) {
    this.samples = samples;
    samples.root.querySelector("[data-act=index]").addEventListener("click", () => (this.indexing ? this.indexing.abort() : this.index()));
    samples.part("index-folder").addEventListener("keydown", event => { if (event.key === "Enter" && !this.indexing) this.index(); });
  }

  // The photos of a folder become those among which the nearest is looked up.
  async index() {
    const mine = this.indexing = new AbortController(), node = this.samples.root.querySelector("[data-act=index]"), { words } = this.samples;
    node.textContent = words.stop;
    const said = (sentence, wrong) => this.samples.say(sentence, wrong, "index-state");
    try {
      said(words.indexing, false);
      const response = await this.samples.ask("/sample/index", { folder: this.samples.part("index-folder").value }, mine.signal);
      for await (const { json } of partsOf(response)) said(json.sentence ?? words.indexing + " " + json.done + " / " + json.total, false);
      this.find(this.samples.largePlace());
    } catch (error) {
      said(mine.signal.aborted ? words.index_stopped : sentenceOf(error, words), !mine.signal.aborted);
    } finally {
      node.textContent = words.index;
      this.indexing = null;
    }
  }

  async find(place) {
    this.finding?.abort();
    const mine = this.finding = new AbortController(), { words } = this.samples;
    try {
      const response = await this.samples.ask("/sample/nearest", place, mine.signal);
      for await (const { json, body } of partsOf(response)) {
        if (mine.signal.aborted) return;
        const picture = this.samples.part("real-picture");
        picture.hidden = !json.found;
        this.samples.part("index").hidden = json.found;
        if (!json.found) { this.samples.part("real-name").textContent = ""; return; }
        URL.revokeObjectURL(picture.src);
        picture.src = URL.createObjectURL(new Blob([body], { type: "image/jpeg" }));
        const share = Math.round(100 * json.as_near);
        this.samples.part("real-name").textContent = words.nearest + " · " + json.id + " · " + words.as_near.replace("{share}", share);
        picture.alt = this.samples.part("real-name").textContent;
      }
    } catch (error) {
      if (!mine.signal.aborted) this.samples.say(error.message, true, "large-state");
    }
  }
}
