// The one line in which the page speaks. A notice goes after a while, what is under way stays until it is over, and a mistake
// goes with the next thing that succeeds.

const NOTICE_MS = 6000, SINCE_MS = 500; // what was asked for within SINCE_MS of a mistake belongs to it

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
    if (sentence && !wrong && !sentence.endsWith("…")) this.timer = setTimeout(() => this.say(""), NOTICE_MS);
  }

  // Something that was asked for at that time has come.
  succeeded(asked) {
    if (this.wrong && asked > this.since + SINCE_MS) this.say("");
  }
}
