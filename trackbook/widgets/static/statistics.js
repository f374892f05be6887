// The panel of statistics: what the kernel worked out as a table, choices in its headers, and copies.
// Put after shared.js, ask.js, floats.js and statistics_parts.js.

const ST_PATIENCE_MS = 4000;

class StatisticsView {
  constructor(model, host) {
    this.model = model;
    this.root = el("section", { class: "tb tb-card st", "aria-label": "Statistics", "data-lm-suppress-shortcuts": "true" });
    this.head = el("div", { class: "st-head" });
    this.said = el("div", { class: "st-said", role: "alert", hidden: true });
    this.scroll = el("div", { class: "st-scroll", tabindex: 0, role: "group", "aria-label": "Table of groups" });
    this.foot = el("div", { class: "st-foot", role: "status" });
    this.root.append(this.head, this.said, this.scroll, this.foot);
    host.append(this.root);
    this.came = () => { clearTimeout(this.waiting); this.draw(); };
    model.on("change:_found", this.came);
    model.on("change:permission", this.came);
    this.stop = followTheme(this.root, () => {});
    this.draw();
  }

  /** The kernel works it out; while it is busy the last result stays, and says so. */
  choose(changes) {
    setView(this.model, changes);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.tell("The kernel is busy. This changes when its cell has ended."), ST_PATIENCE_MS);
  }

  tell(text) {
    this.said.textContent = text;
    this.said.hidden = !text;
  }

  draw() {
    const found = this.model.get("_found") || {};
    const focused = this.root.contains(document.activeElement) ? document.activeElement.getAttribute("data-part") : null;
    this.tell(found.refused || "");
    if (found.empty) { this.drawEmpty(found.empty); return; }
    this.head.hidden = this.foot.hidden = false;
    this.head.replaceChildren(...this.title(found));
    this.scroll.replaceChildren(this.table(found));
    const more = found.total > found.rows.length ? [`Showing ${found.rows.length} of ${found.total} groups; all are tested. Group by fewer params, or filter.`] : [];
    this.foot.replaceChildren(el("span", { dir: "auto", text: found.after }), ...[...found.notes, ...more].map((note) => el("span", { class: "tb-muted st-note", dir: "auto", text: note })));
    if (focused) this.root.querySelector(`[data-part="${focused}"]`)?.focus({ preventScroll: true });
  }

  drawEmpty(text) {
    this.head.hidden = this.foot.hidden = true;
    this.scroll.replaceChildren(el("p", { class: "st-empty tb-muted", text }));
  }

  title(found) {
    const metric = this.part("metric", pickButton(found.metric, "Choose the metric", (button) => this.menu(button, "Metric", found.choices.metrics, found.metric, (name) => ({ metric: name, aggregate: null }))));
    const aggregate = this.part("aggregate", pickButton(found.aggregate, "Choose which value of a run", (button) => this.menu(button, "Value of a run", found.choices.aggregates, found.aggregate, (name) => ({ metric: found.metric, aggregate: name })), "st-tag tb-code"));
    const words = found.about.split(", "), last = found.baseline === null ? null : words.pop();
    const test = last && this.part("test", pickButton(last, "Choose the test", (button) => this.menu(button, "Test", found.choices.tests, found.chosen, (name) => ({ test: name }), (name) => ST_TESTS[name])));
    const about = el("span", { class: "st-about tb-muted tb-small", title: found.seed ? `Runs of a group differ in ${found.seed}.` : "No param is called seed: each run stands for itself.", text: words.join(", ") + (test ? "," : "") });
    const copies = Object.entries(found.copies).map(([name, text]) => el("button", { class: "tb-button tb-ghost", type: "button", "aria-label": `Copy as ${name}`, title: `Copy as ${name}`, on: { click: () => this.copy(text, name) } }, name));
    copies.push(el("button", { class: "tb-button tb-ghost tb-square", type: "button", "aria-label": "Copy as code", title: "Copy as code", on: { click: () => this.copy(this.model.get("code"), "code") } }, icon("code")));
    return [el("div", { class: "st-what" }, el("h3", { class: "st-title" }, metric), aggregate, about, test), el("div", { class: "st-copies" }, copies)];
  }

  part(name, button) {
    button.setAttribute("data-part", name);
    return button;
  }

  menu(anchor, label, names, chosen, changes, words = (name) => name) {
    openMenu(this.root, anchor, names.map((name) => ({ text: words(name), checked: name === chosen, deed: () => this.choose(changes(name)) })), label);
  }

  groupings(anchor, found) {
    const one = (key) => ({ text: key, checked: found.grouped && found.by.join() === key, deed: () => this.choose({ by: key, baseline: null }) });
    const every = { text: found.seed ? `Every param but ${found.seed}` : "Every param that differs", checked: !found.grouped, deed: () => this.choose({ by: null, baseline: null }) };
    const { params, tags } = found.choices;
    openMenu(this.root, anchor, [every, ...(params.length ? [null] : []), ...params.map(one), ...(tags.length ? [null] : []), ...tags.map(one)], "Group by");
  }

  table(found) {
    const tested = found.baseline !== null, base = tested ? found.rows[found.baseline].name : "";
    const by = this.part("by", pickButton(found.by.join(", ") || "group", "Choose what to group by", (button) => this.groupings(button, found)));
    const baseline = tested && this.part("baseline", pickButton(`against ${base}`, `Against ${base}: choose the baseline`, (button) => this.menu(button, "Baseline", found.rows.map((row) => row.name), base, (name) => ({ baseline: name }))));
    const right = (text, more = "") => el("th", { scope: "col", class: `tb-right ${more}`, text });
    return el("table", { class: "tb-table st-table" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, by), right("n"), el("th", { scope: "col", class: "tb-right" }, "mean", el("span", { class: "st-sd", text: " ± sd" })), right("median", "st-median"),
        el("th", { scope: "col", class: "st-cell" }, "95 % bootstrap interval ", el("span", { class: "st-ends", text: found.ends.join(" to ") })),
        tested ? [el("th", { scope: "col", class: "tb-right" }, baseline), right("p, Holm", "st-p"), el("th", { scope: "col", text: "verdict" })] : null)),
      el("tbody", {}, found.rows.map((row) => statisticsRow(row, found, tested))));
  }

  async copy(text, name) {
    const done = await copyText(text);
    say(this.root, done ? `Copied as ${name}.` : "The browser did not let it be copied.", { trouble: !done });
  }

  remove() {
    clearTimeout(this.waiting);
    this.model.off("change:_found", this.came);
    this.model.off("change:permission", this.came);
    this.stop();
  }
}

export default {
  render({ model, el: host }) {
    const view = new StatisticsView(model, host);
    return () => view.remove();
  },
};
