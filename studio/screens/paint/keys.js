// The keyboard. Digits and brackets go by their place on the board (event.code), letters by what they say (event.key),
// so that every layout works. Keys typed into a field stay there.

import { DEFINITE, POSSIBLE } from "../../canvas/cells.js";

const LETTERS = { b: "brush", e: "eraser", g: "fill", l: "lasso", s: "superpixel", r: "box", i: "eyedropper" };
const TONES = ["I", "II", "III", "IV", "V", "VI"];
const MOVED_BY = { BracketLeft: "shrink", BracketRight: "grow" };
const SIZE_STEP_PX = 4, FAR_NUDGE_PX = 10, TAP_MS = 250;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function isField(target) {
  return target.matches("input:not([type=range]), select, textarea, [contenteditable=true]");
}

export class Keys {
  constructor(parts) {
    Object.assign(this, parts); // editor, view, mapPane, picture, hand, files, controls, grains, cells, library, film
    window.addEventListener("keydown", event => this.down(event));
    window.addEventListener("keyup", event => this.up(event));
    window.addEventListener("blur", () => this.release());
  }

  down(event) {
    if (isField(event.target) || !this.editor.map || this.controls.away) return;
    if (event.key === "Escape" && document.querySelector(":popover-open")) return;
    const act = event.ctrlKey || event.metaKey ? this.command(event) : this.plain(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  command(event) {
    const { editor, files } = this, key = event.key.toLowerCase();
    if (key === "z") return () => (event.shiftKey ? editor.redo() : editor.undo());
    if (key === "y") return () => editor.redo();
    if (key === "s") return () => files.save();
    if (key === "o") return () => files.choose();
    return null;
  }

  plain(event) {
    return this.digit(event) || this.arrow(event) || this.size(event) || this.letter(event) || this.hold(event);
  }

  digit({ code, shiftKey }) {
    const match = /^(?:Digit|Numpad)([1-7])$/.exec(code);
    if (!match) return null;
    const digit = Number(match[1]), { conditions } = this.editor;
    if (!shiftKey && conditions.length) return digit <= conditions.length ? () => this.editor.showing(conditions[digit - 1]) : null;
    if (!shiftKey) return () => this.editor.choose({ label: digit });
    return digit <= TONES.length ? () => this.editor.set({ tone: TONES[digit - 1] }) : null;
  }

  arrow({ code, target, shiftKey, altKey }) {
    const step = ARROWS[code], { editor } = this, far = shiftKey ? FAR_NUDGE_PX : 1;
    if (!step || target.matches("input")) return null;
    return {
      superpixel: () => this.hand.walk(...step),
      box: () => editor.nudgeBox(step[0] * far, step[1] * far, altKey),
    }[editor.tool.name];
  }

  size({ code, shiftKey }) {
    if (shiftKey && MOVED_BY[code]) return () => this.editor.move(MOVED_BY[code]);
    const step = { BracketLeft: -SIZE_STEP_PX, Minus: -SIZE_STEP_PX, BracketRight: SIZE_STEP_PX, Equal: SIZE_STEP_PX }[code];
    return step ? () => this.editor.choose({ size_px: this.editor.tool.size_px + step }) : null;
  }

  letter(event) {
    const { editor } = this, key = event.key.toLowerCase();
    const onBox = act => (editor.tool.name === "box" && !event.target.matches("button") ? act : null);
    if (event.altKey) return null;
    if (LETTERS[key]) return () => editor.choose({ name: LETTERS[key] });
    return {
      x: () => editor.choose({ label: editor.tool.previous }),
      p: () => editor.choose({ certainty: editor.tool.certainty === DEFINITE ? POSSIBLE : DEFINITE }),
      f: () => this.view.fit(),
      k: () => editor.choose({ seedLocked: !editor.tool.seedLocked }),
      n: () => editor.seedBy(event.shiftKey ? -1 : 1),
      d: () => editor.dice(),
      "?": () => this.controls.toggleSheet(),
      o: () => editor.lockInside(),
      c: () => this.picture.compare(),
      v: () => this.cells.toggle(),
      y: () => this.picture.pin(),
      a: () => (event.shiftKey ? this.film.keepCurrent() : this.library.toggle()),
      m: () => editor.move(event.shiftKey ? "flip" : "mirror"),
      t: () => editor.move(event.shiftKey ? "back" : "turn"),
      enter: editor.outline ? () => editor.closeOutline() : onBox(() => editor.nextBox()),
      delete: onBox(() => editor.dropBox()),
      backspace: onBox(() => editor.dropBox()),
      ",": () => this.grains.step(-1),
      ".": () => this.grains.step(1),
      escape: () => (this.library.open && !editor.busy ? this.library.close() : editor.cancel()),
    }[key];
  }

  // Space pans only over the map, so that it still presses a focused button elsewhere.
  hold(event) {
    if (event.key.toLowerCase() === "h") return () => this.hideMap(event);
    if (event.code === "Backslash" || event.code === "IntlBackslash") return () => this.picture.hold(true);
    if (event.code === "Space" && this.hand.walking) return () => this.hand.press(event);
    if (event.code === "Space" && this.hand.inside) return () => this.hand.holdSpace(true);
    return null;
  }

  up(event) {
    if (event.key.toLowerCase() === "h" && this.hiding) this.showMap(event);
    if (event.code === "Backslash" || event.code === "IntlBackslash") this.picture.hold(false);
    if (event.code === "Space") this.hand.holdSpace(false);
    if (ARROWS[event.code] && !this.hand.drag) this.editor.end();
  }

  // Held, H hides the map; tapped, until it is tapped again.
  hideMap({ repeat, timeStamp }) {
    if (repeat) return;
    this.hiding = { since: timeStamp, was: this.mapPane.hidden };
    this.mapPane.hide(true);
  }

  showMap({ timeStamp }) {
    const { since, was } = this.hiding;
    this.hiding = null;
    this.mapPane.hide(timeStamp - since < TAP_MS && !was);
  }

  release() {
    if (this.hiding) this.mapPane.hide(false);
    this.hiding = null;
    this.picture.hold(false);
    this.hand.holdSpace(false);
  }
}
