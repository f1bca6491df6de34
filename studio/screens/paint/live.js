// The live path: one picture asked for at a time, the latest state wins, a reply that is older than the picture on
// screen is dropped, a lost connection comes back by itself and asks again. Emits
//   "picture" {reply, fresh, total_ms}   "strip" {reply, fresh}   "status" {state, ms, sentence}
import { packMessage, unpackReply } from "../../canvas/wire.js";

const SILENCE_S = 30, STRIP_PAUSE_MS = 350, SLOW_MS = 250, RETRY_MS = [150, 400, 1000, 2000], LOG_LENGTH = 2000;

export class Live extends EventTarget {
  constructor(url, editor) {
    super();
    this.url = url;
    this.editor = editor;
    this.client = crypto.randomUUID();
    this.socket = null;
    this.retries = 0;
    this.seq = 0;
    this.shown = 0;
    this.wanted = null;
    this.inFlight = null;
    this.strip = null;
    this.shownStrip = { version: -1 };
    this.recent = [];
    this.log = [];
    this.state = "connecting";
  }

  status(state, more = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("status", { detail: { state, ...more } }));
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = message => this.receive(message.data);
    this.socket.onclose = () => this.lost();
  }

  opened() {
    const again = this.retries > 0;
    this.retries = 0;
    this.status("waiting", { again });
    this.ask("settle");
  }

  lost() {
    this.inFlight = this.strip = this.socket = null;
    this.status("offline");
    setTimeout(() => this.connect(), RETRY_MS[Math.min(this.retries++, RETRY_MS.length - 1)]);
  }

  // While a hand is down a slow machine renders on release only, so that the canvas never waits.
  get slow() {
    const sorted = [...this.recent].sort((a, b) => a - b);
    return sorted.length >= 5 && sorted[sorted.length >> 1] > SLOW_MS;
  }

  ask(kind, since = performance.now()) {
    if (kind === "stroke" && this.slow) return;
    clearTimeout(this.stripTimer);
    const settle = kind === "settle" || (this.wanted && this.wanted.kind === "settle");
    this.wanted = { kind: settle ? "settle" : kind, since };
    this.pump();
  }

  get open() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN && this.editor.map !== null;
  }

  send(kind) {
    const seq = ++this.seq, { map, version } = this.editor;
    this.socket.send(packMessage(seq, map, { client: this.client, kind, ...this.editor.told() }));
    return { seq, version, sent: performance.now() };
  }

  pump() {
    if (!this.open || this.inFlight || !this.wanted) return;
    const wanted = this.wanted;
    this.wanted = null;
    this.inFlight = { ...wanted, ...this.send(wanted.kind) };
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.inFlight && this.socket && this.socket.close(), SILENCE_S * 1000);
  }

  receive(data) {
    if (typeof data === "string") return this.refused(JSON.parse(data));
    const reply = unpackReply(data);
    if (this.strip && reply.seq === this.strip.seq) return this.receiveStrip(reply);
    if (!this.inFlight || reply.seq !== this.inFlight.seq) return;
    const asked = this.inFlight;
    this.inFlight = null;
    this.show(reply, asked);
    this.pump();
    if (!this.inFlight && !this.wanted) this.planStrip();
  }

  async show(reply, asked) {
    const bitmap = await createImageBitmap(new Blob([reply.pictures[0]], { type: "image/jpeg" }));
    if (reply.seq < this.shown) return bitmap.close();
    this.shown = reply.seq;
    const now = performance.now(), fresh = asked.version === this.editor.version;
    this.recent = [...this.recent.slice(-8), now - asked.sent];
    this.dispatchEvent(new CustomEvent("picture", { detail: { reply, bitmap, fresh, version: asked.version } }));
    this.log.push({ seq: reply.seq, kind: asked.kind, ms: reply.json.ms, total_ms: now - asked.since, at: now });
    if (this.log.length > LOG_LENGTH) this.log.shift();
    const { ms, backend } = reply.json;
    this.status("live", { ms, backend, total_ms: now - asked.since, slow: this.slow });
  }

  // A sentence from the server: the picture stays, badged stale, until a change asks again.
  refused(answer) {
    if (this.strip && answer.seq === this.strip.seq) this.strip = null;
    else if (!this.inFlight || answer.seq === this.inFlight.seq || answer.seq == null) this.inFlight = null;
    this.status("refused", { sentence: answer.error });
    this.pump();
  }

  // The six tones cost six pictures: asked for once the hand rests, and only for what they depend on.
  planStrip() {
    clearTimeout(this.stripTimer);
    this.stripTimer = setTimeout(() => {
      if (this.editor.gesture || this.inFlight || !this.open || this.shownStrip.version === this.editor.version) return;
      this.strip = this.send("strip");
    }, this.shownStrip.version < 0 ? 0 : STRIP_PAUSE_MS);
  }

  async receiveStrip(reply) {
    const asked = this.strip;
    this.strip = null;
    if (asked.version !== this.editor.version) return;
    const blobs = reply.pictures.map(bytes => new Blob([bytes], { type: "image/jpeg" }));
    const bitmaps = await Promise.all(blobs.map(blob => createImageBitmap(blob)));
    this.shownStrip = asked;
    this.dispatchEvent(new CustomEvent("strip", { detail: { reply, bitmaps } }));
  }
}
