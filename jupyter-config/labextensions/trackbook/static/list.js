// A list of sections whose items stay the same elements while they say the same, with one Tab stop for all of it.

/** A tree of sections. `items` of a section: [{key, says, make}]; an element is made anew only when `says` changes. */
class SectionList {
  constructor({ label, onAct }) {
    this.sections = new Map(); // name -> {node, head, group, made: Map(key -> {says, node})}
    this.stop = null; // key of the item that Tab reaches
    this.node = el("div", { class: "tb-lab-list", role: "tree", "aria-label": label, on: {
      click: (event) => this.act(event, event.target.closest("[data-key]"), onAct),
      keydown: (event) => this.key(event, onAct),
      focusin: (event) => this.enter(event.target.closest("[data-key]")),
    } });
  }

  /** Show these sections: [{name, title, items}]; one without items is left out. */
  show(sections) {
    const focused = this.node.contains(document.activeElement) ? document.activeElement.getAttribute("data-key") : null;
    const shown = sections.filter((section) => section.items.length);
    for (const [name, known] of this.sections) {
      if (shown.some((section) => section.name === name)) continue;
      known.node.remove();
      this.sections.delete(name);
    }
    shown.forEach((section, place) => {
      const known = this.section(section.name);
      known.title.textContent = section.title;
      known.count.textContent = section.count ?? "";
      known.group.setAttribute("aria-label", section.title);
      if (this.node.children[place] !== known.node) this.node.insertBefore(known.node, this.node.children[place] ?? null);
      this.fill(known, section.items);
    });
    this.keepStop();
    if (focused !== null && !this.node.contains(document.activeElement)) this.item(focused)?.focus();
  }

  section(name) {
    let known = this.sections.get(name);
    if (!known) {
      const title = el("span"), count = el("span", { class: "tb-num" });
      const group = el("div", { role: "group" });
      known = { title, count, group, made: new Map(), node: el("div", { class: "tb-lab-section", role: "none" }, el("div", { class: "tb-lab-head tb-caption tb-muted", "aria-hidden": "true" }, title, " ", count), group) };
      this.sections.set(name, known);
    }
    return known;
  }

  fill(known, items) {
    const before = known.made;
    known.made = new Map();
    for (const { key, says, make } of items) {
      let entry = before.get(key);
      if (!entry || entry.says !== says) {
        const node = make();
        if (entry) entry.node.replaceWith(node);
        entry = { says, node };
      }
      before.delete(key);
      known.made.set(key, entry);
    }
    for (const { node } of before.values()) node.remove();
    [...known.made.values()].forEach(({ node }, place) => {
      if (known.group.children[place] !== node) known.group.insertBefore(node, known.group.children[place] ?? null);
    });
  }

  /** The keys in view, in their order: what moves when this changes. */
  keys() {
    return [...this.node.querySelectorAll("[data-key]")].map((node) => node.getAttribute("data-key"));
  }

  item(key) {
    return [...this.node.querySelectorAll("[data-key]")].find((node) => node.getAttribute("data-key") === key) ?? null;
  }

  keepStop() {
    const all = [...this.node.querySelectorAll("[data-key]")];
    const chosen = all.find((node) => node.getAttribute("data-key") === this.stop) ?? all[0];
    for (const node of all) node.tabIndex = node === chosen ? 0 : -1;
  }

  enter(node) {
    if (!node) return;
    this.stop = node.getAttribute("data-key");
    this.keepStop();
  }

  act(event, node, onAct) {
    if (!node) return;
    event.preventDefault();
    node.focus();
    onAct(node.getAttribute("data-key"), event.shiftKey ? "dashboard" : "open");
  }

  key(event, onAct) {
    const node = event.target.closest("[data-key]");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...this.node.querySelectorAll("[data-key]")], at = all.indexOf(node);
    const steps = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: all.length - 1 };
    if (event.key in steps) all[Math.min(Math.max(steps[event.key], 0), all.length - 1)].focus();
    else if (event.key === "Enter" || event.key === " ") this.act(event, node, onAct);
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") this.fold(node, all, at, event.key === "ArrowRight", onAct);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  fold(node, all, at, unfold, onAct) {
    const open = node.getAttribute("aria-expanded");
    if (open === String(!unfold)) onAct(node.getAttribute("data-key"), "open");
    else if (unfold && open === "true") all[at + 1]?.focus();
    else if (!unfold && Number(node.getAttribute("aria-level")) > 1) {
      all.slice(0, at).reverse().find((each) => each.hasAttribute("aria-expanded"))?.focus();
    }
  }
}
