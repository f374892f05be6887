// The panel of curves: bar, runs, charts, last values. Put after all other curve_*.js.

const STATES = new Map();
const SAY_EVERY_MS = 10000, SILENT_KERNEL_MS = 4000, FOOT_METRICS = 8;

class CurvesView {
  constructor(model, root, live) {
    this.model = model;
    this.state = stateOf(model);
    this.root = root;
    this.live = live;
    this.view = readView(model.get("view"));
    this.asker = new Asker(model);
    this.charts = new Map();
    this.hover = new HoverCard(this);
    this.asTable = false;
    this.pointed = null;
    this.saidAt = 0;
    this.born = performance.now();
    this.bar = new CurveBar(this);
    this.bar.node.hidden = live;
    this.rail = new CurveRail(this);
    this.header = el("header", { class: "tb-head", hidden: !live });
    this.grid = el("div", { class: "tb-grid" });
    this.table = el("div", { class: "tb-as-table", hidden: true, tabindex: 0, role: "region", "aria-label": "Curves as a table" });
    this.foot = el("footer", { class: "tb-foot", hidden: true });
    this.empty = el("div", { class: "tb-empty tb-muted", hidden: true });
    this.spoken = el("div", { class: "tb-sr", "aria-live": "polite" });
    root.replaceChildren(this.header, this.bar.node, el("div", { class: "tb-body" }, live ? null : this.rail.node, el("div", { class: "tb-scroll" }, this.empty, this.grid, this.table)), this.foot, this.spoken);
    const turned = () => this.turned();
    model.on("change:view", turned);
    this.stops = [() => model.off("change:view", turned), this.state.listen((keys) => this.changed(keys)), followTheme(root, (tokens) => { this.tokens = tokens; this.changed(null); })];
    this.clock = setInterval(() => this.tick(), 1000);
    plotlySlot().ready.then((plotly) => { this.plotly = plotly; this.changed(null); });
    this.changed(null);
  }

  // ---- the view ----

  /** Change settings of the view; where they touch a single chart, that one alone is drawn anew. */
  set(changes, key = null) {
    this.only = key;
    setView(this.model, changes);
    this.only = null;
  }

  turned() {
    const zooms = Object.keys(this.view.zoom);
    this.view = readView(this.model.get("view"));
    for (const key of zooms) if (!this.view.zoom[key]) this.charts.get(key)?.forget();
    this.changed(this.only ? new Set([this.only]) : null);
  }

  /** The metrics that have a chart, in order. */
  keys() {
    return this.view.keys || this.state.charts.map((chart) => chart.key);
  }

  hide(id, hidden) {
    this.pointed = null;
    this.set({ hidden: hidden ? [...this.view.hidden, id] : [...this.view.hidden].filter((one) => one !== id) });
  }

  point(place) {
    this.pointed = place;
    for (const chart of this.charts.values()) if (chart.drawn) chart.point(place);
  }

  resetZooms() {
    this.set({ zoom: {} });
  }

  async copyCode() {
    const code = this.model.get("code");
    say(this.root, (await copyText(code)) ? `Copied: ${code}` : code);
  }

  // ---- drawing ----

  /** Metrics changed (null: anything may have): mark, and draw with the next frame. */
  changed(keys) {
    for (const [key, chart] of this.charts) if (!keys || keys.has(key) || keys.has(this.view.metric)) chart.dirty = true;
    if (!keys) this.reshape = true;
    this.stale = true;
    this.schedule();
  }

  /** One drawing for any number of changes, and never more than half of the page's time, painting included. */
  schedule() {
    if (this.busy || this.gone) return;
    this.busy = true;
    requestAnimationFrame(() => {
      const start = performance.now();
      try {
        this.draw();
      } finally {
        requestAnimationFrame(() => setTimeout(() => this.rest(performance.now() - start)));
      }
    });
  }

  rest(cost) {
    setTimeout(() => {
      this.busy = false;
      if (this.waiting()) this.schedule();
    }, cost > 40 ? cost : 0);
  }

  waiting() {
    return this.reshape || this.stale || [...this.charts.values()].some((chart) => chart.dirty && chart.visible);
  }

  draw() {
    this.stale = false;
    if (this.gone) return;
    if (!this.state.head) {
      this.drawEmpty();
      return;
    }
    if (this.reshape) this.drawShape();
    this.reshape = false;
    if (this.live) this.drawHeader();
    else this.rail.draw();
    this.bar.draw();
    this.drawFoot();
    if (this.asTable) this.drawTable();
    else if (this.tokens) for (const chart of this.charts.values()) if (chart.dirty && chart.visible) chart.draw(this.plotly, this.tokens);
    this.speak();
  }

  drawShape() {
    const keys = this.keys();
    for (const [key, chart] of this.charts) if (!keys.includes(key)) { chart.remove(); this.charts.delete(key); }
    for (const key of keys) if (!this.charts.has(key)) this.charts.set(key, new CurveChart(this, key));
    keys.forEach((key, place) => {
      const { node } = this.charts.get(key);
      if (this.grid.children[place] !== node) this.grid.insertBefore(node, this.grid.children[place] || null);
    });
    this.grid.setAttribute("data-count", Math.min(3, keys.length));
    if (this.view.columns) this.grid.setAttribute("data-columns", this.view.columns);
    else this.grid.removeAttribute("data-columns");
    this.drawEmpty();
  }

  drawEmpty() {
    const text = this.emptyText();
    this.empty.hidden = !text;
    if (text) this.empty.replaceChildren(...text);
    this.grid.hidden = this.asTable || Boolean(text);
    this.table.hidden = !this.asTable || Boolean(text);
  }

  emptyText() {
    if (!this.state.head) {
      if (performance.now() - this.born < SILENT_KERNEL_MS) return ["Waiting for the kernel."];
      return ["The kernel does not answer. It may be busy or gone; run the cell again to see its curves."];
    }
    if (!this.state.head.runs.length) return ["No runs selected. Select runs in the table to see their curves."];
    if (this.keys().length) return null;
    if (this.state.charts.length) return ["No metric is chosen. Choose some under Metrics."];
    return ["No points yet. Log one with ", el("code", { class: "tb-code", text: 'trackbook.log_metric("loss", value, step=step)' }), "."];
  }

  drawHeader() {
    const { runs } = this.state.head;
    const signature = JSON.stringify([runs, this.asTable, this.bar.node.hidden, this.state.charts.length > 0]);
    if (signature !== this.headerSignature) {
      this.headerSignature = signature;
      const focused = this.header.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
      const button = (text, name, pressed, click) => el("button", { class: "tb-button tb-ghost tb-low", type: "button", "aria-pressed": String(pressed), "aria-label": text, title: text, on: { click } }, icon(name), el("span", { class: "tb-word", text: text.replace("Show as table", "Table") }));
      const tools = this.state.charts.length ? [button("Settings", "curves", !this.bar.node.hidden, () => this.toggleBar()), button("Show as table", "table", this.asTable, () => this.toggleTable())] : [];
      this.header.replaceChildren(...(runs.length ? this.liveParts(runs[0]) : []), el("span", { class: "tb-grow" }), ...tools);
      if (focused) tools.find((one) => one.getAttribute("aria-label") === focused)?.focus();
    }
    this.drawProgress();
  }

  toggleBar() {
    this.bar.node.hidden = !this.bar.node.hidden;
    this.changed(new Set());
  }

  liveParts(run) {
    this.step = el("span", { class: "tb-muted tb-small tb-num" });
    this.elapsed = el("span", { class: "tb-muted tb-small tb-num" });
    return [statusMark(run.status, 16), textEl("b", run.name, "tb-run-name tb-ellipsis"), el("span", { class: "tb-chip tb-outline" }, textEl("span", run.experiment, "tb-ellipsis")), this.step, this.elapsed];
  }

  /** Step and time change under a header that stays, so that its running arc turns evenly. */
  drawProgress() {
    const step = this.lastStep();
    if (this.step) setText(this.step, step === null ? "" : `step ${groupDigits(String(step))}`);
    this.drawElapsed();
  }

  drawElapsed() {
    if (!this.elapsed || !this.state.head || !this.state.head.runs.length) return;
    const [run] = this.state.head.runs;
    const end = run.end === null ? Date.now() + this.state.clockAhead : run.end;
    setText(this.elapsed, run.start === null ? "" : formatElapsed(end - run.start, run.end !== null));
  }

  lastStep() {
    const steps = [...this.state.series.values()].map((one) => one.facts.last_step).filter((step) => step !== null);
    return steps.length ? Math.max(...steps) : null;
  }

  /** Every second: time goes on while a run does. */
  tick() {
    if (!this.root.isConnected) return;
    if (!this.state.head) this.drawEmpty();
    this.drawElapsed();
  }

  drawFoot() {
    const shown = this.live ? this.state.charts.slice(0, FOOT_METRICS) : [];
    const cells = shown.map((chart) => this.footCell(chart)).filter(Boolean);
    this.foot.hidden = !cells.length;
    this.foot.replaceChildren(...cells);
  }

  footCell(chart) {
    const [one] = this.state.of(chart.key);
    if (!one || one.facts.last === null) return null;
    const best = chart.goal ? one.facts[chart.goal] : null;
    const format = columnFormat([one.facts.last, best]);
    const step = best === null ? null : one.facts[`${chart.goal}_step`];
    const note = best === null ? "last" : `${chart.goal} ${format(best)}${one.facts.numbered ? "" : ` at ${groupDigits(String(step))}`}`;
    return el("div", { class: "tb-stat" }, textEl("div", chart.key, "tb-caption tb-muted tb-ellipsis"), el("div", { class: "tb-big tb-ellipsis" }, numberEl(one.facts.last, format)),
      el("div", { class: "tb-caption tb-muted tb-num tb-ellipsis", text: note }));
  }

  toggleTable() {
    this.asTable = !this.asTable;
    this.changed(null);
  }

  drawTable() {
    const rows = this.keys().flatMap((key) => {
      const series = this.state.of(key);
      const format = columnFormat(series.flatMap((one) => [one.facts.last, one.facts.min, one.facts.max]));
      return series.map((one) => this.tableRow(one, format));
    });
    const heads = ["Metric", "Run", "Last", "Min", "at step", "Max", "at step", "Points"];
    this.table.replaceChildren(el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, heads.map((text, place) => el("th", { scope: "col", class: place > 1 ? "tb-right" : null, text })))), el("tbody", {}, rows)));
  }

  tableRow(one, format) {
    const run = this.state.head.runs[one.facts.run] || {};
    const whole = (value) => (value === null ? "\u2013" : groupDigits(String(value)));
    const { last, min, min_step, max, max_step, count } = one.facts;
    return el("tr", {}, el("td", {}, textEl("span", one.facts.key)), el("td", {}, el("span", { class: "tb-row" }, runMark(run.slot, 12), textEl("span", run.name))),
      ...[numberEl(last, format), numberEl(min, format), whole(min_step), numberEl(max, format), whole(max_step), whole(count)].map((cell) => el("td", { class: "tb-right" }, cell)));
  }

  /** What a screen reader is told, at most every ten seconds. */
  speak() {
    const now = performance.now();
    if (!this.live || !this.state.head.runs.length || now - this.saidAt < SAY_EVERY_MS) return;
    this.saidAt = now;
    const values = this.state.charts.slice(0, 3).map((chart) => { const [one] = this.state.of(chart.key); return one ? `${chart.key} ${columnFormat([one.facts.last])(one.facts.last)}` : ""; });
    this.spoken.textContent = [`step ${this.lastStep()}`, ...values.filter(Boolean)].join(", ");
  }

  remove() {
    this.gone = true;
    clearInterval(this.clock);
    for (const stop of this.stops) stop();
    for (const chart of this.charts.values()) chart.remove();
    this.asker.remove();
    this.hover.remove();
  }
}

/** While it runs, whole seconds; afterwards the duration as everywhere. */
function formatElapsed(ms, ended) {
  return ended || ms >= 60000 ? formatDuration(Math.max(0, ms)) : `${Math.max(0, Math.floor(ms / 1000))} s`;
}

function stateOf(model) {
  const id = model.get("_panel");
  if (!STATES.has(id)) {
    const state = new CurveState((message) => model.send(message));
    model.on("msg:custom", (content, buffers) => state.receive(content, buffers));
    STATES.set(id, state);
    state.hello();
  }
  return STATES.get(id);
}

export default {
  stateOf,
  initialize({ model }) {
    stateOf(model);
    return () => STATES.delete(model.get("_panel"));
  },
  render({ model, el: host }) {
    const live = model.get("_live");
    const root = el("section", { class: `tb tb-curves${live ? " tb-live" : ""}`, "aria-label": live ? "Live curves" : "Curves", "data-lm-suppress-shortcuts": "true" });
    host.append(root);
    const view = new CurvesView(model, root, live);
    return () => view.remove();
  },
};
