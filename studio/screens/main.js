// Puts the page together; canvas/component.py calls `open` once the markup is there.
import { Editor } from "../canvas/editor.js";
import { View } from "../canvas/view.js";
import { Live } from "./paint/live.js";
import { PicturePane, ToneStrip } from "./paint/picture.js";
import { MapPane } from "../canvas/mappane.js";
import { Hand } from "../canvas/pointer.js";
import { Keys } from "./paint/keys.js";
import { Controls } from "./paint/controls.js";
import { Grains } from "./paint/grains.js";
import { Photo } from "./paint/photo.js";
import { Files } from "./paint/files.js";
import { Library } from "./library/library.js";
import { Filmstrip } from "./paint/filmstrip.js";
import { Autosave } from "./paint/autosave.js";
import { Memory } from "./paint/memory.js";
import { Sweeps } from "./sweep/sweeps.js";
import { Screens } from "./screens.js";
import { Samples } from "./sample/samples.js";
import { Message } from "./message.js";
import { Outlines } from "../canvas/outlines.js";
import { CellsView } from "./paint/cellsview.js";

function showStatus({ root, words, picture, message }, { state, ms, backend, total_ms, slow, sentence, again }) {
  const node = root.querySelector("[data-part=status]"), text = node.querySelector("span");
  node.dataset.state = state;
  const figures = state === "live" ? " " + Math.round(ms) + " ms" + (slow ? " · " + words.on_release : "") : "";
  text.textContent = words.states[state] + figures;
  node.title = state === "live" ? backend + " · " + words.round_trip + " " + Math.round(total_ms) + " ms" : "";
  if (state === "offline") picture.stale(true, words.stale_offline);
  if (state === "refused") picture.stale(true, words.stale_refused);
  root.querySelector("[data-part=empty]").textContent = words.empty[state] || words.empty.waiting;
  if (sentence) message.say(sentence, true);
  if (again) message.acted();
  if (state === "live") message.succeeded();
}

// Every change asks for a picture: while the hand is down as a stroke, at its end once more for good.
function follow(editor, live) {
  const moving = () => { if (editor.gesture) live.ask("stroke"); };
  editor.addEventListener("cells", moving);
  editor.addEventListener("case", moving);
  editor.addEventListener("commit", () => live.ask("settle"));
  editor.addEventListener("cancel", () => live.ask("settle"));
}

// setup: words, palette and generators (screens/page.py).
export async function open(root, { words, palette, conditions, told, sliders, inks, samplers }) {
  const editor = new Editor(conditions, told), view = new View(), message = new Message(root), outlines = new Outlines();
  const live = new Live(location.origin.replace(/^http/, "ws") + "/live", editor);
  const picture = new PicturePane(root, view, words, { editor, outlines }), strip = new ToneStrip(root, editor, words);
  const mapPane = new MapPane(root, editor, view, picture, palette, inks);
  const tell = (...said) => message.say(...said), grains = new Grains(root, editor, tell, words);
  const photo = new Photo({ root, editor, live, mapPane, picture, grains, say: tell, words });
  const files = new Files(root, editor, live, grains, photo, tell, words);
  const controls = new Controls(root, editor, view, mapPane, files, sliders, words), hand = new Hand(mapPane, editor, view);
  const autosave = new Autosave(root, editor, live, tell, words);
  const sweeps = new Sweeps(root, editor, live, files, words);
  const samples = new Samples(root, files, words, samplers);
  editor.addEventListener("commit", () => message.acted());
  new Screens(root, { sweeps: () => sweeps.open(), sample: () => samples.open() });
  const library = new Library(root, live, files, picture, words);
  const memory = new Memory(editor, autosave, tell, words);
  samples.library = library;
  library.samples = samples;
  const film = new Filmstrip({ root, editor, live, picture, library, memory, words });
  const cells = new CellsView({ root, editor, mapPane, picture, outlines });
  new Keys({ editor, view, mapPane, picture, hand, files, controls, grains, cells, library, film });
  const state = { opened: performance.now(), pictures: 0, strips: 0, fresh: false, lastJpeg: null };
  live.addEventListener("picture", ({ detail }) => {
    picture.show(detail);
    if (detail.fresh) controls.appearance.drew(detail.reply.json.drawn);
    Object.assign(state, { pictures: state.pictures + 1, fresh: detail.fresh, lastJpeg: detail.reply.pictures[0] });
    root.querySelector("[data-part=empty]").hidden = true;
    if (mapPane.opacity < 1 || mapPane.hidden) mapPane.redraw();
    if (!state.first_ms) state.first_ms = performance.now();
  });
  live.addEventListener("strip", ({ detail }) => { strip.show(detail); state.strips++; });
  live.addEventListener("status", ({ detail }) => showStatus({ root, words, picture, message }, detail));
  // What stands there is no longer of this case: said at once, before the server is asked.
  for (const type of ["commit", "awaiting"]) editor.addEventListener(type, () => { picture.behind(); strip.behind(); });
  follow(editor, live);
  window.moulage = { editor, live, view, state, files, autosave, mapPane, picture, grains, photo, library, film, memory, sweeps, samples };
  live.connect();
  const kept = await autosave.open();
  film.bringBack(await memory.open());
  await (kept ? files.take(kept) : files.start()).catch(error => files.complain(error));
  live.ask("settle");
  root.dataset.ready = "1";
}
