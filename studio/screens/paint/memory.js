// What a reload would lose beside the case: the undo steps and the filmstrip. This browser keeps both, each under its tab's
// draft, in a database of its own. Steps come back only if they lead to the draft that came back.
import { Superpixels } from "../../canvas/raster.js";

const DATABASE = "moulage", OLD_MS = 7 * 24 * 3600 * 1000;

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    for (const name of ["steps", "frames", "tabs"]) request.result.createObjectStore(name);
  };
  return answer(request);
}

// Superpixels are found again by what the case says of them (grains.js); a snapshot is kept without.
function packed(snapshot) {
  return { map: snapshot.map, settings: snapshot.settings };
}

let blank = new Superpixels(new Int32Array(0), 0, 0);

function unpacked({ map, settings }) {
  const { width, height } = map;
  if (blank.width !== width || blank.height !== height) blank = new Superpixels(new Int32Array(width * height), width, height);
  return { map, settings, superpixels: blank };
}

function onSnapshots(step, act) {
  return step.patch !== undefined ? step : { before: act(step.before), after: act(step.after) };
}

// All that was kept of one tab.
function of(tab) {
  return IDBKeyRange.bound([tab], [tab, []]);
}

export class Memory {
  constructor(editor, autosave, say, words) {
    Object.assign(this, { editor, autosave, say, words });
    this.steps = new Map(); // undo step → its number, which grows with time
    this.frames = new Map(); // and frame
    this.last = 0;
    this.database = null;
  }

  // Before the draft is on the canvas: brings its undo steps back; returns the filmstrip's frames, oldest first.
  async open() {
    const { autosave, editor, words } = this, tab = autosave.tab;
    try {
      this.database = await opened();
      await this.forgetOld();
      const read = this.database.transaction(["steps", "frames", "tabs"]), both = name => Promise.all(
        [answer(read.objectStore(name).getAllKeys(of(tab))), answer(read.objectStore(name).getAll(of(tab)))]);
      const [state, [stepKeys, steps], [frameKeys, frames]] = await Promise.all(
        [answer(read.objectStore("tabs").get(tab)), both("steps"), both("frames")]);
      this.last = Math.max(0, ...[...stepKeys, ...frameKeys].map(([, id]) => id));
      if (state && state.revision === autosave.revision && state.total === steps.length) this.takeSteps(steps, stepKeys, state.done);
      else if (steps.length) {
        this.change(["steps"], ({ steps }) => steps.delete(of(tab)));
        if (autosave.revision) this.say(words.steps_lost, true); // else the whole draft is gone, which is said already
      }
      for (const frame of frames) frame.snapshot = unpacked(frame.snapshot);
      frames.forEach((frame, at) => this.frames.set(frame, frameKeys[at][1]));
      editor.addEventListener("commit", () => this.keepSteps());
      return frames;
    } catch {
      this.database = null;
      this.say(words.memory_failed, true);
      return [];
    }
  }

  takeSteps(steps, keys, done) {
    const { history } = this.editor, all = steps.map(step => onSnapshots(step, unpacked));
    all.forEach((step, at) => this.steps.set(step, keys[at][1]));
    history.done = all.slice(0, done);
    history.undone = all.slice(done).reverse();
  }

  async forgetOld() {
    const read = this.database.transaction("tabs").objectStore("tabs");
    const [keys, states] = await Promise.all([answer(read.getAllKeys()), answer(read.getAll())]);
    const old = keys.filter((tab, at) => tab !== this.autosave.tab && states[at].at < Date.now() - OLD_MS);
    if (!old.length) return;
    this.change(["steps", "frames", "tabs"], ({ steps, frames, tabs }) => {
      for (const tab of old) { steps.delete(of(tab)); frames.delete(of(tab)); tabs.delete(tab); }
    });
  }

  // One transaction, which is carried out even if the page goes away meanwhile.
  change(names, act) {
    if (!this.database) return;
    const transaction = this.database.transaction(names, "readwrite");
    transaction.onabort = () => {
      if (!this.complained) this.say(this.words.memory_failed, true);
      this.complained = true;
    };
    act(Object.fromEntries(names.map(name => [name, transaction.objectStore(name)])));
    transaction.commit();
  }

  keepSteps() {
    const { done, undone } = this.editor.history, tab = this.autosave.tab, all = [...done, ...[...undone].reverse()];
    this.change(["steps", "tabs"], ({ steps, tabs }) => {
      const here = new Set(all);
      for (const [step, id] of this.steps) if (!here.has(step)) { steps.delete([tab, id]); this.steps.delete(step); }
      for (const step of all) if (!this.steps.has(step)) steps.put(onSnapshots(step, packed), [tab, this.number(step, this.steps)]);
      tabs.put({ revision: this.autosave.revision, done: done.length, total: all.length, at: Date.now() }, tab);
    });
  }

  number(thing, numbers) {
    if (!numbers.has(thing)) numbers.set(thing, ++this.last);
    return numbers.get(thing);
  }

  keepFrame(frame) {
    const { key, blob, kept } = frame, record = { key, blob, kept, snapshot: packed(frame.snapshot) };
    this.change(["frames"], ({ frames }) => frames.put(record, [this.autosave.tab, this.number(frame, this.frames)]));
  }

  dropFrame(frame) {
    this.change(["frames"], ({ frames }) => frames.delete([this.autosave.tab, this.frames.get(frame)]));
    this.frames.delete(frame);
  }
}
