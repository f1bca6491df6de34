// The one line in which the page speaks. A notice goes after a while, what is under way stays until it is over, and a mistake
// goes once the hand has done something else, or the server has come back, and that succeeded.

const NOTICE_MS = 6000, UNDO_MS = 10000, SINCE_MS = 500; // what is done within SINCE_MS of a mistake belongs to it

export class Message {
  constructor(root) {
    this.node = root.querySelector("[data-part=message]");
  }

  // action: {title, act}, a button that is there as long as the notice is.
  say(sentence, wrong = false, action = null) {
    const { node } = this;
    clearTimeout(this.timer);
    node.textContent = node.title = sentence;
    if (action) node.append(" ", this.button(action));
    node.classList.toggle("wrong", wrong);
    this.wrong = wrong;
    this.since = performance.now();
    this.over = false;
    const passes = sentence && !wrong && !sentence.endsWith("…");
    if (passes) this.timer = setTimeout(() => this.say(""), action ? UNDO_MS : NOTICE_MS);
  }

  button({ title, act }) {
    const node = document.createElement("button");
    Object.assign(node, { type: "button", className: "link", textContent: title });
    node.addEventListener("click", () => { this.say(""); act(); });
    return node;
  }

  // The hand did something, or the server came back.
  acted() {
    if (performance.now() > this.since + SINCE_MS) this.over = true;
  }

  succeeded() {
    if (this.wrong && this.over) this.say("");
  }
}
