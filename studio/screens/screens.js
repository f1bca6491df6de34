// Which screen is seen; the case stays in the hand.
export class Screens {
  constructor(root, opened) {
    this.root = root;
    this.opened = opened;
    for (const node of root.querySelectorAll("[data-go]")) node.addEventListener("click", () => this.go(node.dataset.go));
    this.go("studio");
  }

  go(name) {
    this.root.dataset.on = name;
    for (const node of this.root.querySelectorAll("[data-screen]")) node.hidden = node.dataset.screen !== name;
    for (const node of this.root.querySelectorAll("[data-go]")) {
      const on = node.dataset.go === name;
      node.classList.toggle("on", on);
      if (on) node.setAttribute("aria-current", "page"); else node.removeAttribute("aria-current");
    }
    if (this.opened[name]) this.opened[name]();
  }
}
