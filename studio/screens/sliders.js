// The sliders of one screen, as slider.html writes them: each stands for a number, or for null while its button says so.
// A slider that stands for null shows where the seed put it, once a picture has told (`drew`).
export class Sliders {
  // moved(name, value): under the hand; ended(): the hand let go; chosen(name, value): by the button.
  constructor(root, { moved, ended, chosen }) {
    this.root = root;
    this.drawn = {};
    this.nodes = [...root.querySelectorAll("[data-slider]")];
    for (const node of this.nodes) {
      const name = node.dataset.slider;
      node.addEventListener("input", () => moved(name, this.value(node)));
      node.addEventListener("change", () => ended());
      this.button(name).addEventListener("click", () =>
        chosen(name, node.classList.contains("auto") ? this.value(node) : null));
    }
  }

  button(name) {
    return this.root.querySelector("[data-auto='" + name + "']");
  }

  // A slider shows a share from 0 to 1 in percent, anything else as it is.
  value(node) {
    return Number(node.value) / Number(node.dataset.scale);
  }

  // values: a number by name, of those that stand for null.
  drew(values) {
    this.drawn = values;
    for (const node of this.nodes) if (node.classList.contains("auto")) this.place(node);
  }

  place(node) {
    const value = this.drawn[node.dataset.slider];
    if (value === undefined) return;
    node.value = value * Number(node.dataset.scale);
    node.setAttribute("aria-valuetext", node.dataset.unset + ", " + node.value);
  }

  // values: a number or null by name. taken: names of the sliders that the generator has.
  show(values, taken) {
    for (const node of this.nodes) {
      const name = node.dataset.slider, value = values[name] ?? null, unset = value === null;
      const percent = node.dataset.scale === "100", shown = percent ? Math.round(value * 100) : value;
      if (!unset) node.value = shown;
      node.removeAttribute("aria-valuetext");
      if (unset) this.place(node);
      node.closest(".slider").hidden = !taken.includes(name);
      node.classList.toggle("auto", unset);
      this.button(name).textContent = unset ? node.dataset.unset : shown + (percent ? " %" : "");
      this.button(name).setAttribute("aria-pressed", String(unset));
    }
  }
}
