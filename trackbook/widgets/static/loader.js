// All that a panel's state says of its program: where to wait for it. The program, and what is big, come as messages
// beside the state, so that no saved notebook keeps them; a page that comes late asks for them. This text is alone.

const ASK_AGAIN_MS = 6000, ASKS = 6, PATIENCE_MS = 10000, KEPT_MESSAGES = 1000;
const HIDING = `.jp-OutputArea-child:has([data-trackbook-live]) ~ .jp-OutputArea-child:has(.trackbook-static),
.jp-OutputArea-child:has([data-trackbook-live]) ~ .jp-OutputArea-child:has(.trackbook-static) + .jp-OutputArea-child:has(.jp-RenderedSVG) { display: none; }`;

/** {come, ready: promise of the text}: one a program a page, whichever panel brings it. */
function programSlot(key) {
  const slots = (window.__trackbookPrograms ||= {});
  if (!slots[key]) {
    const slot = (slots[key] = { come: false });
    slot.ready = new Promise((resolve) => { slot.resolve = resolve; });
  }
  return slots[key];
}

function addSheet(id, text) {
  if (!text || document.getElementById(id)) return;
  document.head.append(Object.assign(document.createElement("style"), { id, textContent: text }));
}

function unpack(bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

async function takeProgram(key, buffers) {
  const slot = programSlot(key);
  if (slot.come) return;
  slot.come = true;
  try {
    const [script, sheet] = await Promise.all(buffers.map(unpack));
    addSheet(`trackbook-${key}`, sheet);
    slot.resolve(script);
  } catch (error) {
    slot.come = false;
    console.error("trackbook: a panel's program could not be unpacked", error);
  }
}

/** Put buffers back where Python took them out. */
function refill(value, paths, buffers) {
  const holder = { value };
  paths.forEach((path, place) => {
    const steps = ["value", ...path], last = steps.pop();
    steps.reduce((node, step) => node[step], holder)[last] = buffers[place];
  });
  return holder.value;
}

/** The model as a program sees it: with what came beside the state, and with the messages that came before it. */
class Desk {
  constructor(model) {
    this.model = model;
    this.bulk = model.get("_bulk") || [];
    this.values = {};
    this.handlers = [];
    this.early = [];
    this.complete = new Promise((resolve) => { this.completed = resolve; });
    if (!this.bulk.length) this.completed();
    this.hear = (content, buffers) => this.take(content, buffers || []);
    model.on("msg:custom", this.hear);
    this.ready = this.begin();
    this.ask(model.get("_late") ? 0 : ASK_AGAIN_MS, ASKS);
  }

  /** A kernel that trains answers nothing: whoever saw the model being made gets all of it pushed, and only waits. */
  ask(wait, asks) {
    this.timer = setTimeout(() => {
      const lacks = this.bulk.some((name) => !(name in this.values));
      if (!asks || (!lacks && programSlot(this.model.get("_program")).come)) return;
      this.model.send({ type: "need" });
      this.ask(ASK_AGAIN_MS, asks - 1);
    }, wait);
  }

  async begin() {
    const [script] = await Promise.all([programSlot(this.model.get("_program")).ready, this.complete]);
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    let program = (await import(url)).default;
    URL.revokeObjectURL(url);
    if (typeof program === "function") program = await program();
    this.end = await program.initialize?.({ model: this.outfit(this.model) });
    const early = this.early;
    this.early = null;
    for (const [content, buffers] of early) this.tell("msg:custom", content, buffers);
    return program;
  }

  take(content, buffers) {
    if (content?.type === "program") takeProgram(content.key, buffers);
    else if (content?.type === "bulk") {
      this.values[content.name] = refill(content.value, content.paths, buffers);
      if (this.bulk.every((name) => name in this.values)) this.completed();
      this.tell(`change:${content.name}`);
    } else if (!this.early) this.tell("msg:custom", content, buffers);
    else if (this.early.length < KEPT_MESSAGES) this.early.push([content, buffers]);
  }

  tell(event, ...given) {
    for (const one of [...this.handlers]) if (one.event === event) one.handler(...given);
  }

  /** What a program gets as its model; `owner` marks its handlers, so that a view's end takes them off. */
  outfit(model, owner = this) {
    const ours = (event) => event === "msg:custom" || (event?.startsWith("change:") && this.bulk.includes(event.slice(7)));
    return {
      get: (name) => (this.bulk.includes(name) ? this.values[name] : model.get(name)),
      set: (...given) => model.set(...given),
      save_changes: (...given) => model.save_changes(...given),
      send: (...given) => model.send(...given),
      on: (event, handler) => { if (ours(event)) this.handlers.push({ event, handler, owner }); else model.on(event, handler); },
      off: (event, handler) => {
        if (ours(event)) this.handlers = this.handlers.filter((one) => one.event !== event || (handler && one.handler !== handler));
        else model.off(event, handler);
      },
      widget_manager: model.widget_manager,
    };
  }

  leave(owner) {
    this.handlers = this.handlers.filter((one) => one.owner !== owner);
  }
}

/** Nothing has come: there is no kernel. What the panel showed stands below, unless it was cleared. */
function excuse(host) {
  const area = host.closest(".jp-OutputArea");
  if (host.childNodes.length || area?.querySelector(".trackbook-static")) return;
  const line = document.createElement("p");
  line.textContent = "This panel lives in its kernel. Run the cell again to see it.";
  host.append(line);
}

let desk = null;  // a model has its own copy of this module

export default {
  initialize({ model }) {
    desk ||= new Desk(model);
    const mine = desk;
    return () => { clearTimeout(mine.timer); mine.end?.(); model.off("msg:custom", mine.hear); };
  },
  render(context) {
    desk ||= new Desk(context.model);
    const owner = {}, host = context.el, mine = desk;
    let gone = false, remove = null;
    const patience = setTimeout(() => excuse(host), PATIENCE_MS);
    const shown = mine.ready.then(async (program) => {
      clearTimeout(patience);
      if (gone) return program;
      host.replaceChildren();
      addSheet("trackbook-static", HIDING);
      remove = await program.render?.({ ...context, model: mine.outfit(context.model, owner) });
      host.setAttribute("data-trackbook-live", "");
      if (gone) remove?.();
      return program;
    });
    shown.catch((error) => { console.error("trackbook: a panel could not be shown", error); host.textContent = "This panel could not be shown. The browser's console says more."; });
    this.shown = shown;
    return () => { gone = true; clearTimeout(patience); mine.leave(owner); remove?.(); };
  },
};
