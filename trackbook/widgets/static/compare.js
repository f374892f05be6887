// The compare panel: its bar, the table or a chart, what drives the metric, and the parallel coordinates.

const COMPARE_CHARTS = [["table", "Table"], ["scatter", "Scatter"], ["contour", "Contour"], ["box", "Box"], ["pareto", "Pareto"]];
const FIND_FROM_ROWS = 40, AGES_EVERY_MS = 30_000;

class ComparePanelView {
  constructor(model, host) {
    this.model = model;
    this.busy = false;
    this.answers = new Map();
    this.around = null;
    this.files = null;
    this.asTable = false;
    this.stops = [];
    this.asker = new Asker(model, (busy) => { this.busy = busy; this.drawBusy(); });
    this.build(host);
    this.read();
    this.listen();
    this.draw();
    this.takeColumns();
    this.askFiles();
  }

  build(host) {
    this.bar = el("div", { class: "cmp-tools", role: "toolbar", "aria-label": "Compare" });
    this.note = el("p", { class: "cmp-top-note tb-muted tb-small", role: "status", hidden: true });
    this.table = new CompareTable(this);
    this.plot = el("div", { class: "cmp-plot" });
    this.plotHead = el("div", { class: "cmp-card-head" });
    this.plotSaid = el("p", { class: "tb-muted tb-caption cmp-said" });
    this.chartCard = el("section", { class: "tb-card cmp-card cmp-chart-card", "aria-label": "Chart" }, this.plotHead, this.plot, this.plotSaid);
    this.tableCard = el("section", { class: "tb-card cmp-card cmp-table-card", "aria-label": "Table" }, this.table.node);
    this.side = new SideCard(this);
    this.parallel = new ParallelChart(this);
    this.empty = el("div", { class: "cmp-empty", hidden: true });
    this.grid = el("div", { class: "cmp-grid-room" }, this.tableCard, this.chartCard, this.side.node, this.parallel.node);
    this.root = el("div", { class: "tb tb-card cmp", "data-lm-suppress-shortcuts": "true", role: "region", "aria-label": "Compare runs" }, this.bar, this.note, this.grid, this.empty);
    host.replaceChildren(this.root);
  }

  listen() {
    const follow = (name, handler) => { this.model.on(`change:${name}`, handler); this.stops.push(() => this.model.off(`change:${name}`, handler)); };
    const runs = () => { this.read(); this.drawSoon(); };
    for (const name of ["_sections", "slots", "view", "_empty"]) follow(name, runs);
    follow("_runs", () => { runs(); this.files = null; this.askFiles(); });
    follow("_around", runs);
    follow("_columns", () => this.takeColumns());
    const resize = new ResizeObserver(([entry]) => { const width = Math.round(entry.contentRect.width); if (width && width !== this.width) { this.width = width; this.drawSoon(); } });
    resize.observe(this.root);
    const clock = setInterval(() => { if (!document.hidden && this.root.isConnected && this.chart === "table") this.table.draw(); }, AGES_EVERY_MS);
    this.stops.push(() => resize.disconnect(), () => clearInterval(clock), () => cancelAnimationFrame(this.frame), followTheme(this.root, () => {}), () => this.asker.remove());
  }

  close() {
    for (const stop of this.stops) stop();
  }

  // ---- how it stands ----

  read() {
    const get = (name, none) => this.model.get(name) || none, slots = get("slots", {});
    this.view = get("view", {});
    this.runs = get("_runs", []).map((run) => ({ ...run, slot: slots[run.id] ?? null }));
    this.slots = slots;
    this.base = this.runs.find((run) => run.id === this.view.baseline || (this.view.baseline && run.id.startsWith(this.view.baseline))) || this.runs[0] || null;
    this.aboutAround = get("_around", {});
    this.sections = this.joinedSections(get("_sections", []));
    this.chart = COMPARE_CHARTS.some(([name]) => name === this.view.chart) ? this.view.chart : "table";
    this.differs = this.view.differs !== false;
    this.target = this.aboutAround.target || "";
    this.brushes = this.view.brushes || {};
    this.chosen = this.choices();
  }

  /** Packages come from files, later than the rest, and join what the tags say of the code. */
  joinedSections(sections) {
    if (!this.files) return sections;
    const code = sections.find((one) => one.name === "code"), rest = sections.filter((one) => one.name !== "code");
    const rows = [...this.files.rows, ...(code ? code.rows : [])], place = rest.findIndex((one) => ["datasets", "run"].includes(one.name));
    const joined = { ...this.files, name: "code", title: "Packages and code", rows, total: this.files.total + (code ? code.total : 0), differing: this.files.differing + (code ? code.differing : 0) };
    if (!rows.length && !joined.note) return sections;
    return place < 0 ? [...rest, joined] : [...rest.slice(0, place), joined, ...rest.slice(place)];
  }

  /** The columns of the charts: what the view says, else the likeliest. */
  choices() {
    const target = this.target ? `metrics.${this.target}` : "", axes = this.around ? [...this.around.axes.values()] : [];
    const full = (name) => (name && this.around ? (this.around.axis(name) ? name : [`params.${name}`, `metrics.${name}`, `attributes.${name}`].find((id) => this.around.axis(id)) || name) : name || "");
    const params = axes.filter((axis) => axis.id.startsWith("params.") && axis.varies), numbers = params.filter((axis) => axis.kind !== "category");
    const first = (numbers[0] || params[0])?.id || DURATION_COLUMN, second = (numbers[1] || params.find((axis) => axis.id !== first))?.id || DURATION_COLUMN;
    const { x, y, color, size, by } = this.view;
    if (this.chart === "contour") return { x: full(x) || first, y: full(y) || second, color: full(color) || target };
    if (this.chart === "pareto") return { x: full(x) || DURATION_COLUMN, y: full(y) || target };
    if (this.chart === "box") return { by: full(by) || (params.find((axis) => axis.texts.length && axis.texts.length <= 12) || params[0])?.id || "", y: full(y) || target };
    return { x: full(x) || first, y: full(y) || target || DURATION_COLUMN, color: full(color), size: full(size) };
  }

  aggregate(row) {
    const asked = (this.view.aggregates || {})[row.k] || row.goal || "last";
    return row.n[asked] || asked === "last" ? asked : Object.keys(row.n).length > 1 ? asked : row.goal || "last";
  }

  slotOf(row) {
    return this.slots[this.around.ids[row]] ?? null;
  }

  parallelAxes() {
    const wanted = Array.isArray(this.view.axes) && this.view.axes.length ? this.view.axes : this.aboutAround.parallel || [];
    return this.around ? wanted.map((id) => this.around.axis(id)).filter(Boolean) : [];
  }

  // ---- what somebody does ----

  choose(changes) {
    setView(this.model, changes);
    const missing = Object.entries(changes).filter(([key, id]) => ["x", "y", "color", "size", "by"].includes(key) && id && this.around && !this.around.axis(id)).map(([, id]) => id);
    if (missing.length) this.askColumns(missing);
  }

  brush(id, value) {
    const brushes = { ...this.brushes };
    if (value) brushes[id] = value; else delete brushes[id];
    this.quiet = true;
    setView(this.model, { brushes });
    this.quiet = false;
    this.read();
    this.parallel.narrow();
  }

  select(ids) {
    this.model.set("selected", ids);
    this.model.save_changes();
    say(this.root, `${ids.length} ${ids.length === 1 ? "run is" : "runs are"} selected.`);
  }

  /** A mark of the context was clicked: its run joins those compared. */
  addRun(row) {
    const id = this.around.ids[row], ids = this.runs.map((run) => run.id);
    if (!ids.includes(id)) this.select([...ids, id]);
  }

  // ---- questions ----

  /** The columns as they were delivered: all, or those that have changed since the version that this page has. */
  takeColumns() {
    const value = this.model.get("_columns") || {};
    if (value.ids) this.around = new RunsAround(value);
    else if (value.base && this.around?.version === value.base) this.around.learn(value);
    else if (value.base && this.around?.version !== value.version) { this.askColumns(); return; }
    this.read();
    this.drawSoon();
  }

  askColumns(ids = []) {
    this.asker.ask("columns", { ids }).then(({ value, buffers }) => { this.around = new RunsAround(value, buffers); this.read(); this.drawSoon(); }, (error) => { this.columnsRefused = error.message; this.drawSoon(); });
  }

  askFiles() {
    if (!this.runs.length) return;
    const asked = this.runs.map((run) => run.id).join();
    this.asker.ask("packages").then(({ value }) => { if (asked === this.runs.map((run) => run.id).join()) { this.files = value; this.read(); this.drawSoon(); } }, () => {});
  }

  /** What the kernel answers to a question that is asked once: {value} or {said}. */
  answered(kind, given) {
    const key = JSON.stringify([kind, given]);
    if (!this.answers.has(key)) {
      const held = { value: null, said: "Computing \u2026" };
      this.answers.set(key, held);
      this.asker.ask(kind, given).then(({ value }) => { held.value = value; this.drawSoon(); }, (error) => { held.said = error.message; this.drawSoon(); });
    }
    return this.answers.get(key);
  }

  surface(x, y, z) {
    return this.answered("contour", { x, y, z, version: this.aboutAround.version });
  }

  waiting() {
    return this.columnsRefused || (this.busy ? "The kernel is busy; the runs around come when it has time." : "Reading the runs around \u2026");
  }

  // ---- drawing ----

  drawSoon() {
    if (this.quiet || this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    const empty = this.model.get("_empty") || {};
    this.empty.hidden = !empty.title;
    this.grid.hidden = this.bar.hidden = Boolean(empty.title);
    if (empty.title) { this.drawEmpty(empty); return; }
    this.drawBar();
    this.drawBusy();
    const isTable = this.chart === "table";
    this.tableCard.hidden = !isTable;
    this.chartCard.hidden = isTable;
    this.side.draw();
    if (isTable) this.table.draw(); else this.drawChart();
    this.parallel.draw();
  }

  drawBusy() {
    const text = [this.aboutAround.note, this.busy ? "The kernel is busy: what it computes comes later, the rest works." : ""].filter(Boolean).join(" ");
    this.note.hidden = !text;
    this.note.textContent = text;
  }

  drawEmpty({ title, code, store }) {
    const copy = el("button", { class: "tb-button tb-low", type: "button", on: { click: async () => say(this.root, (await copyText(code)) ? "Copied." : "The browser did not let this page copy. Select the text instead.") } }, icon("copy"), "Copy");
    this.empty.replaceChildren(el("p", { class: "cmp-empty-title", text: title }), el("div", { class: "tb-row cmp-empty-code" }, el("pre", { class: "tb-code", text: code }), copy), el("p", { class: "tb-muted tb-small", dir: "auto", text: store }));
  }

  drawBar() {
    const held = this.bar.contains(document.activeElement) ? document.activeElement.getAttribute("data-key") || document.activeElement.getAttribute("data-name") : null;
    const parts = this.chart === "table" ? this.tableTools() : this.chartTools();
    const code = el("button", { class: "tb-button tb-ghost tb-square cmp-code", type: "button", "data-key": "code", title: "Copy as code", "aria-label": "Copy as code", on: { click: () => this.copy(this.model.get("code"), "The line that shows this is copied.") } }, icon("code"));
    this.bar.replaceChildren(segments(COMPARE_CHARTS, this.chart, (name) => { this.asTable = false; this.choose({ chart: name }); }, "Show as"), ...parts, code);
    if (held) this.bar.querySelector(`[data-key="${CSS.escape(held)}"], [data-name="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  tableTools() {
    const sections = this.table.sections(), total = sections.reduce((sum, one) => sum + (one.total ?? one.rows.length), 0), different = sections.reduce((sum, one) => sum + one.different, 0);
    const differs = el("button", { class: "tb-button", type: "button", "data-key": "differs", "aria-pressed": String(this.differs), on: { click: () => this.choose({ differs: !this.differs }) } }, icon("differ"), "Only what differs");
    const base = el("button", { class: "tb-button cmp-pick", type: "button", "data-key": "baseline", "aria-haspopup": "menu", on: { click: (event) => this.pickBaseline(event.currentTarget) } }, icon("pin"), el("span", { class: "tb-ellipsis" }, "Baseline: ", el("bdi", { text: this.base?.name || "none" })));
    const find = this.findBox ||= el("input", { class: "tb-input cmp-find", type: "search", "data-key": "find", "aria-label": "Find a row", placeholder: "Find a row", on: { input: () => { this.table.words = this.findBox.value; this.table.draw(); } } });
    const copy = el("button", { class: "tb-button", type: "button", "data-key": "copy", title: "Copy as Markdown", on: { click: () => this.copy(compareMarkdown(this), "The table is copied as Markdown.") } }, icon("copy"), el("span", { class: "cmp-word", text: "Copy table" }));
    copy.setAttribute("aria-label", "Copy table");
    const number = (count) => groupDigits(String(count));
    return [differs, base, el("span", { class: "tb-grow" }), total > FIND_FROM_ROWS ? find : null, el("span", { class: "tb-muted tb-small tb-num cmp-counted", role: "status", text: `${number(different)} of ${number(total)} rows differ` }), copy].filter(Boolean);
  }

  pickBaseline(anchor) {
    openMenu(this.root, anchor, this.runs.map((run) => ({ text: run.name, checked: run === this.base, deed: () => this.choose({ baseline: run.id }) })), "Baseline");
  }

  chartTools() {
    const metric = { only: (id) => !id.startsWith("params.") };
    if (this.chart === "box") return [columnButton(this, "Metric", "y", metric), columnButton(this, "by", "by", { only: (id) => id.startsWith("params.") }), el("span", { class: "tb-grow" })];
    const two = [columnButton(this, "x", "x", this.chart === "pareto" ? metric : {}), columnButton(this, "y", "y", this.chart === "pareto" ? metric : {})];
    if (this.chart === "contour") two.push(columnButton(this, "surface", "color"));
    if (this.chart === "scatter") two.push(columnButton(this, "colour", "color", { none: true }), columnButton(this, "size", "size", { none: true, only: (id) => this.around?.axis(id)?.kind !== "category" }));
    return [...two, el("span", { class: "tb-grow" })];
  }

  drawChart() {
    const { chosen, chart, plot } = this, name = COMPARE_CHARTS.find(([one]) => one === chart)[1];
    plot.replaceChildren();
    plot.classList.remove("cmp-plot-free");
    plot.onpointermove = plot.onpointerleave = plot.onclick = null;
    let drawn = { said: this.waiting() };
    if (this.around && chart === "box") drawn = drawBoxes(this, plot, chosen);
    else if (this.around && chart === "contour") drawn = drawContour(this, plot, { ...chosen, z: chosen.color });
    else if (this.around) drawn = drawScatter(this, plot, { ...chosen, pareto: chart === "pareto" });
    if (!drawn.words) plot.replaceChildren(el("p", { class: "tb-muted cmp-note", text: drawn.said }));
    else if (this.asTable) plot.replaceChildren(drawn.table ? drawn.table() : chartTable(this, drawn.axes, drawn.rows, drawn.words));
    plot.classList.toggle("cmp-plot-free", !drawn.words || this.asTable);
    const toggle = tableToggle(this.asTable, () => { this.asTable = !this.asTable; this.drawChart(); this.plotHead.querySelector("[aria-pressed]")?.focus(); }, "the chart");
    this.plotHead.replaceChildren(el("h3", { class: "cmp-card-title", text: chart === "pareto" ? "Pareto front" : name }), el("span", { class: "tb-muted tb-small tb-ellipsis", dir: "auto", text: drawn.words || "" }), el("span", { class: "tb-grow" }), drawn.color && drawn.words ? heightScale(drawn.color) : "", drawn.words ? toggle : "");
    this.plotSaid.textContent = drawn.words ? drawn.said : "";
  }

  async copy(text, done) {
    say(this.root, (await copyText(text)) ? done : "The browser did not let this page copy.");
  }
}

export default {
  render({ model, el: host }) {
    const view = new ComparePanelView(model, host);
    return () => view.close();
  },
};
