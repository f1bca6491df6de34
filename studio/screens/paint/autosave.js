// Nothing is lost: after every change the case goes to this browser and to the server, and comes back when the page
// does. Each tab keeps a draft of its own and holds a lock on it, so that two tabs never write over each other; a new
// tab takes up the draft that was changed last, if no open tab holds it.
import { refusalOf } from "../streams.js";
import { packMessage, unpackMessage } from "../../canvas/wire.js";

const PREFIX = "moulage.draft.", LAST = "moulage.last", TAB = "moulage.tab";
const RELEASE_MS = 300, AGAIN_MS = 3000;
const PICTURE_FIRST_MS = 250; // the stroke's picture goes before the server's copy; the browser's is there at once

function toText(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromText(text) {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer;
}

// Whether this tab now holds the lock of that name, which it keeps as long as it lives.
function held(name) {
  return new Promise(resolve => {
    navigator.locks.request(name, { ifAvailable: true }, lock => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

export class Autosave {
  constructor(root, editor, live, say, words) {
    Object.assign(this, { editor, live, say, words });
    this.label = root.querySelector("[data-part=saved]");
    this.revision = 0;
    this.kept = { browser: 0, server: 0 };
    this.sending = false;
    editor.addEventListener("commit", () => this.changed());
    window.addEventListener("beforeunload", event => { if (this.unsaved) event.preventDefault(); });
  }

  get unsaved() {
    return Math.max(this.kept.browser, this.kept.server) < this.revision;
  }

  // The case message of this tab's draft, or null where there is none.
  async open() {
    this.tab = await this.claim();
    sessionStorage.setItem(TAB, this.tab);
    const copies = [this.fromBrowser(), await this.fromServer()].filter(Boolean);
    if (!copies.length) return null;
    const newest = copies.reduce((a, b) => (b.seq > a.seq ? b : a));
    this.revision = this.kept.browser = this.kept.server = newest.seq;
    return newest.buffer;
  }

  async claim() {
    const own = sessionStorage.getItem(TAB), last = localStorage.getItem(LAST);
    if (own && await held(PREFIX + own)) return own;
    // A page that is being reloaded lets go of its lock a moment late.
    if (own) await new Promise(resolve => setTimeout(resolve, RELEASE_MS));
    for (const tab of [own, last]) if (tab && await held(PREFIX + tab)) return tab;
    const fresh = crypto.randomUUID();
    await held(PREFIX + fresh);
    return fresh;
  }

  fromBrowser() {
    const text = localStorage.getItem(PREFIX + this.tab);
    if (!text) return null;
    try {
      const buffer = fromText(text);
      return { seq: unpackMessage(buffer).seq, buffer };
    } catch {
      this.say(this.words.browser_damaged, true);
      return null;
    }
  }

  async fromServer() {
    const response = await fetch("/draft?" + new URLSearchParams({ tab: this.tab })).catch(() => null);
    if (!response || response.status === 204) return null;
    if (!response.ok) {
      this.say(await refusalOf(response, this.words.draft_failed), true);
      return null;
    }
    const buffer = await response.arrayBuffer();
    return { seq: unpackMessage(buffer).seq, buffer };
  }

  changed() {
    this.revision++;
    const { editor, live } = this;
    const body = packMessage(this.revision, editor.map, { client: live.client, kind: "settle", ...editor.told() });
    this.toBrowser(body);
    this.newest = { revision: this.revision, body };
    setTimeout(() => this.toServer(), PICTURE_FIRST_MS);
  }

  toBrowser(body) {
    try {
      localStorage.setItem(PREFIX + this.tab, toText(body));
      localStorage.setItem(LAST, this.tab);
      this.kept.browser = this.revision;
    } catch {
      this.makeRoom(body);
    }
  }

  // A full storage gives up other tabs' old drafts, which the server still has; if that is not enough, it says so.
  makeRoom(body) {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && key !== PREFIX + this.tab) localStorage.removeItem(key);
    }
    try {
      localStorage.setItem(PREFIX + this.tab, toText(body));
      this.kept.browser = this.revision;
    } catch {
      if (!this.complained) this.say(this.words.storage_full, true);
      this.complained = true;
    }
  }

  async toServer() {
    if (this.sending || this.kept.server === this.newest.revision) return;
    this.sending = true;
    const { revision, body } = this.newest, query = new URLSearchParams({ tab: this.tab, revision });
    const response = await fetch("/draft?" + query, { method: "POST", body }).catch(() => null);
    this.sending = false;
    if (response && response.ok) this.kept.server = revision;
    this.show();
    if (this.newest.revision > this.kept.server) setTimeout(() => this.toServer(), response && response.ok ? 0 : AGAIN_MS);
  }

  // "Saved" is said only of what the server has confirmed.
  show() {
    const { kept, revision, words } = this, time = new Date().toLocaleTimeString();
    if (kept.server === revision) this.label.textContent = words.kept + " " + time;
    else if (kept.browser === revision) this.label.textContent = words.kept_here;
    else this.label.textContent = words.not_kept;
  }
}
