// Questions of a page to its panel in the kernel, and what a panel's page shares. Put after shared.js.

const ASK_PATIENCE_MS = 4000;

/** ask(kind, given) -> promise of {value, buffers}; it rejects with an Error whose message is a sentence to show, and
 *  whose column is the place in a filter. While the kernel trains an answer waits: `busy` is told after four seconds. */
class Asker {
  constructor(model, busy = () => {}) {
    this.model = model;
    this.busy = busy;
    this.page = Math.random().toString(36).slice(2);
    this.number = 0;
    this.open = new Map();
    this.hear = (content, buffers) => this.settle(content, buffers);
    model.on("msg:custom", this.hear);
  }

  ask(kind, given = {}) {
    const number = ++this.number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.busy(true), ASK_PATIENCE_MS);
      this.open.set(number, { resolve, reject, timer });
      this.model.send({ type: "ask", page: this.page, number, kind, given });
    });
  }

  settle(content, buffers) {
    if (!content || content.type !== "answer" || content.page !== this.page) return;
    const waiting = this.open.get(content.number);
    if (!waiting) return;
    this.open.delete(content.number);
    clearTimeout(waiting.timer);
    if (!this.open.size) this.busy(false);
    if (content.refused) waiting.reject(Object.assign(new Error(content.refused.message), content.refused));
    else waiting.resolve({ value: content.value, buffers: buffers || [] });
  }

  /** Answers that come later are dropped. */
  remove() {
    this.model.off("msg:custom", this.hear);
    for (const { timer } of this.open.values()) clearTimeout(timer);
    this.open.clear();
  }
}

/** Change one setting of the panel's view, which the kernel and every other page of the panel learn. */
function setView(model, changes) {
  model.set("view", { ...model.get("view"), ...changes });
  model.save_changes();
}

/** Copy text; also where the page has no clipboard API (plain http). Returns a promise of whether it worked. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = el("textarea", { style: { position: "fixed", opacity: 0 } });
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

/** Offer bytes for download through a Blob. */
function downloadBytes(parts, name, type = "application/octet-stream") {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = el("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
