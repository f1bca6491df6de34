// The superpixels as a view of their own: shown or not (V), their lines faint or strong, whatever the overlay does. The browser
// remembers both.

const SHOWN = "moulage.superpixels";

export class CellsView {
  constructor({ root, editor, mapPane, picture, outlines }) {
    Object.assign(this, { editor, mapPane, picture, outlines });
    this.button = root.querySelector("[data-act=cells]");
    this.slider = root.querySelector("[data-part=cells-strength]");
    const [shown, percent] = (localStorage.getItem(SHOWN) || "0 50").split(" ");
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.set(true, Number(this.slider.value)));
    editor.addEventListener("tool", () => { if (this.outlines.shown) this.redraw(); }); // other superpixels may have come
    editor.addEventListener("case", () => { if (this.outlines.shown) this.redraw(); });
    this.set(shown === "1", Number(percent) || 50);
  }

  toggle() {
    this.set(!this.outlines.shown, Number(this.slider.value));
  }

  set(shown, percent) {
    Object.assign(this.outlines, { shown, strength: percent / 100 });
    this.slider.value = percent;
    this.button.setAttribute("aria-pressed", String(shown));
    localStorage.setItem(SHOWN, (shown ? "1 " : "0 ") + percent);
    this.redraw();
  }

  redraw() {
    this.mapPane.redraw();
    this.picture.draw();
  }
}
