// The one line in which the page speaks. A notice goes after a while, what is under way stays until it is over, and a mistake
// goes once the hand has done something else, or the server has come back, and that succeeded.

const NOTICE_MS = 6000, SINCE_MS = 500; // what is done within SINCE_MS of a mistake belongs to it

export class Message {
  constructor(root) {
    this.node = root.querySelector("[data-part=message]");
  }

  say(sentence, wrong = false) {
    const { node } = this;
    clearTimeout(this.timer);
    node.textContent = node.title = sentence;
    node.classList.toggle("wrong", wrong);
    this.wrong = wrong;
    this.since = performance.now();
    this.over = false;
    if (sentence && !wrong && !sentence.endsWith("…")) this.timer = setTimeout(() => this.say(""), NOTICE_MS);
  }

  // The hand did something, or the server came back.
  acted() {
    if (performance.now() > this.since + SINCE_MS) this.over = true;
  }

  succeeded() {
    if (this.wrong && this.over) this.say("");
  }
}
