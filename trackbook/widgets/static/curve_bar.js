// What stands over the charts: which metrics, along what, and how they are drawn. Put after floats.js and curve_lines.js.

const MOST_PICKED = 48, PICKER_ROWS = 200, MOST_GROUP_WORDS = 30;

class CurveBar {
  constructor(panel) {
    this.panel = panel;
    const toggle = (name, text, title) => el("button", { class: "tb-button", type: "button", title, on: { click: () => panel.set({ [name]: !panel.view[name] }) } }, text);
    this.count = el("span", { class: "tb-muted tb-num" });
    this.metrics = el("button", { class: "tb-button", type: "button", "aria-haspopup": "dialog", on: { click: () => this.openPicker() } }, icon("curves"), "Metrics", this.count);
    this.axis = el("span", { class: "tb-bar-part" });
    this.slider = el("input", { class: "tb-slider", type: "range", min: 0, max: .99, step: .01, "aria-label": "Smoothing", on: { input: () => panel.set({ smooth: Number(this.slider.value) }) } });
    this.amount = el("output", { class: "tb-code tb-num" });
    this.log = toggle("log", "log y", "A logarithmic axis for losses, and whatever else falls over decades. The word log beside a chart's name turns that chart alone.");
    this.best = toggle("best", "Best so far", "The least or greatest value so far, where the metric's name says which is best.");
    this.clip = toggle("clip", "Clip outliers", "Leave points far beyond the quartiles outside the axis.");
    this.band = el("button", { class: "tb-button", type: "button", "aria-haspopup": "menu", title: "The mean of a group of runs, and one standard deviation around it.", on: { click: () => this.openGroups() } });
    this.runs = el("span", { class: "tb-muted tb-small tb-num tb-ellipsis tb-bar-runs" });
    this.columns = el("span", { class: "tb-bar-part tb-bar-columns" });
    this.table = el("button", { class: "tb-button tb-square", type: "button", title: "Show as table", "aria-label": "Show as table", on: { click: () => panel.toggleTable() } }, icon("table"));
    this.menu = el("button", { class: "tb-button tb-square tb-ghost", type: "button", title: "More", "aria-label": "More", "aria-haspopup": "menu", on: { click: () => this.openMore() } }, icon("dots"));
    this.more = el("button", { class: "tb-button tb-bar-open", type: "button", "aria-expanded": "false", on: { click: () => this.unfold() } }, "Settings", icon("down"));
    const smoothing = el("label", { class: "tb-row tb-small tb-bar-smooth" }, el("span", { class: "tb-muted", text: "Smoothing" }), this.slider, this.amount);
    this.rest = el("div", { class: "tb-bar-rest" }, this.axis, smoothing, el("span", { class: "tb-bar-line" }), this.log, this.best, this.clip, this.band);
    this.node = el("div", { class: "tb-bar", role: "toolbar", "aria-label": "How the curves are drawn" },
      this.metrics, this.more, this.rest, el("div", { class: "tb-bar-end" }, this.runs, this.columns, this.table, this.menu));
  }

  draw() {
    const { view, state, asTable } = this.panel;
    const shown = this.panel.keys().length, total = Math.max(shown, state.head ? state.head.metrics || 0 : 0);
    setText(this.count, total > shown ? `${shown} of ${groupDigits(String(total))}` : String(shown));
    this.slider.value = view.smooth;
    this.slider.style.setProperty("--part", `${(100 * view.smooth) / .99}%`);
    setText(this.amount, view.smooth.toFixed(2));
    for (const name of ["log", "best", "clip"]) this[name].setAttribute("aria-pressed", String(view[name]));
    this.band.setAttribute("aria-pressed", String(Boolean(view.by)));
    setText(this.band, view.by ? `Mean and band by ${view.by.replace(/^(params|tags)\./, "")}` : "Mean and band");
    this.table.setAttribute("aria-pressed", String(asTable));
    setText(this.runs, runsText(state.head ? state.head.runs : [], view));
    this.drawSegments();
  }

  /** The groups of buttons are made anew only when they change, so that the focus stays. */
  drawSegments() {
    const { view } = this.panel;
    const signature = JSON.stringify([view.x, view.metric, view.columns]);
    if (signature === this.signature) return;
    this.signature = signature;
    const focused = document.activeElement && this.node.contains(document.activeElement) ? document.activeElement.getAttribute("data-name") : null;
    const choose = (name) => (name === "metric" ? this.openAxis() : this.panel.set({ x: name, zoom: {} }));
    const words = [...Object.entries(X_WORDS), ["metric", view.metric === null ? "Metric\u2026" : view.metric]];
    this.axis.replaceChildren(segments(words, view.metric === null ? view.x : "metric", choose, "Along the x axis"));
    this.columns.replaceChildren(segments([["1", "1"], ["2", "2"], ["3", "3"]], String(view.columns), (name) => this.panel.set({ columns: view.columns === Number(name) ? null : Number(name) }), "Columns of charts"));
    if (focused) this.node.querySelector(`[data-name="${focused}"]`)?.focus();
  }

  unfold() {
    const open = this.node.toggleAttribute("data-open");
    this.more.setAttribute("aria-expanded", String(open));
  }

  openMore() {
    const { panel } = this;
    const hidden = panel.view.hidden.size;
    openMenu(panel.root, this.menu, [
      { text: "Copy as code", icon: "code", deed: () => panel.copyCode() },
      { text: "Show all of every chart", icon: "reset", disabled: !Object.keys(panel.view.zoom).length, deed: () => panel.resetZooms() },
      { text: hidden ? `Show ${hidden} hidden ${hidden === 1 ? "run" : "runs"}` : "No run is hidden", icon: "eye", disabled: !hidden, deed: () => panel.set({ hidden: [] }) },
    ], "More");
  }

  /** What the curves lie along: one of the metrics. */
  async openAxis() {
    const { panel } = this;
    const found = await this.listMetrics();
    const list = el("div", { class: "tb-pick-list" });
    const search = pickerSearch("Find a metric");
    const float = openAt(panel.root, this.axis, [search, list], { role: "dialog", "aria-label": "Metric along the x axis" });
    const fill = () => {
      const { shown, rest } = matching(found.metrics, search.value);
      list.replaceChildren(...shown.map(([key]) => el("button", { class: "tb-menu-item", type: "button", "aria-pressed": String(panel.view.metric === key), on: { click: () => { float.close(); panel.set({ x: { metric: key }, zoom: {} }); } } }, textEl("span", key, "tb-grow tb-ellipsis"), panel.view.metric === key ? icon("check") : null)), ...restLine(rest, found));
    };
    search.addEventListener("input", fill);
    fill();
    search.focus();
  }

  /** Which metrics have a chart. */
  async openPicker() {
    const { panel } = this;
    const list = el("div", { class: "tb-pick-list", role: "group", "aria-label": "Metrics" });
    const search = pickerSearch("Find a metric");
    const all = el("button", { class: "tb-button tb-ghost tb-low", type: "button", on: { click: () => { panel.set({ keys: null }); fill(); } } }, "As at first");
    const float = openAt(panel.root, this.metrics, [search, list, el("div", { class: "tb-row tb-pick-foot" }, el("span", { class: "tb-caption tb-muted tb-grow", text: `At most ${MOST_PICKED} charts.` }), all)], { role: "dialog", "aria-label": "Metrics shown" });
    let found = { metrics: panel.keys().map((key) => [key, null, null]), total: null };
    const turn = (key, on) => {
      const keys = panel.keys();
      panel.set({ keys: on ? [...keys, key] : keys.filter((one) => one !== key) });
    };
    const fill = () => {
      const { shown, rest } = matching(found.metrics, search.value);
      const chosen = new Set(panel.keys());
      list.replaceChildren(...shown.map((one) => pickerRow(one, chosen, turn)), ...restLine(rest, found));
    };
    search.addEventListener("input", fill);
    fill();
    search.focus();
    found = await this.listMetrics();
    if (float.isConnected) fill();
  }

  /** All metrics of the runs; those that the page holds while the kernel is busy. */
  async listMetrics() {
    const { panel } = this;
    const held = panel.keys().map((key) => [key, null, null]);
    const late = new Promise((done) => { setTimeout(() => done({ metrics: held, total: null, late: true }), 1500); });
    try {
      return await Promise.race([panel.asker.ask("metrics").then(({ value }) => value), late]);
    } catch (error) {
      say(panel.root, error.message, { trouble: true });
      return { metrics: held, total: null };
    }
  }

  openGroups() {
    const { panel } = this;
    const off = panel.view.by ? [{ text: "Each run by itself", icon: "close", deed: () => panel.set({ by: "" }) }, null] : [];
    const items = groupChoices(panel.state.head ? panel.state.head.runs : []).map(({ by, text, groups }) => ({ text: `${text}, ${groups} ${groups === 1 ? "group" : "groups"}`, checked: panel.view.by === by, deed: () => panel.set({ by }) }));
    if (!items.length) items.push({ text: "No param or tag groups two of these runs.", disabled: true, deed: () => {} });
    openMenu(panel.root, this.band, [...off, ...items], "Mean and band by");
  }
}

function pickerSearch(label) {
  return el("input", { class: "tb-input tb-pick-search", type: "search", placeholder: label, "aria-label": label });
}

/** The metrics whose key holds a text, and how many more there are than are shown. */
function matching(metrics, text) {
  const wanted = text.trim().toLowerCase();
  const found = wanted ? metrics.filter(([key]) => key.toLowerCase().includes(wanted)) : metrics;
  return { shown: found.slice(0, PICKER_ROWS), rest: found.length - Math.min(found.length, PICKER_ROWS) };
}

/** What stands below a list that is not all. */
function restLine(rest, found) {
  const line = (text) => [el("p", { class: "tb-caption tb-muted tb-pick-rest", text })];
  if (found.late) return line("The kernel is busy. These are the metrics that this page has.");
  return rest ? line(`and ${groupDigits(String(rest))} more. Type a part of a name.`) : [];
}

function pickerRow([key, runs, points], chosen, turn) {
  const on = chosen.has(key);
  const box = el("input", { type: "checkbox", checked: on, disabled: !on && chosen.size >= MOST_PICKED });
  box.addEventListener("change", () => { if (box.checked) chosen.add(key); else chosen.delete(key); turn(key, box.checked); });
  const facts = runs === null ? null : el("span", { class: "tb-caption tb-muted tb-num", text: `${runs} ${runs === 1 ? "run" : "runs"}, ${groupDigits(String(points))} ${points === 1 ? "point" : "points"}` });
  return el("label", { class: "tb-menu-item" }, box, textEl("span", key, "tb-grow tb-ellipsis"), facts);
}

/** Params and tags by which at least two of the runs fall together: [{by, text, groups}]; those with fewer groups first. */
function groupChoices(runs) {
  const shown = runs.filter((run) => !run.grey);
  const found = [];
  for (const kind of ["params", "tags"]) {
    const keys = new Set(shown.flatMap((run) => Object.keys(run[kind] || {})));
    for (const key of keys) {
      const values = shown.map((run) => (Object.hasOwn(run[kind] || {}, key) ? run[kind][key] : null));
      const groups = new Set(values).size;
      if (groups < shown.length) found.push({ by: `${kind}.${key}`, text: kind === "tags" ? `tag ${key}` : key, groups });
    }
  }
  return found.sort((a, b) => (a.groups === 1) - (b.groups === 1) || a.groups - b.groups).slice(0, MOST_GROUP_WORDS);
}

/** "6 runs, 14 in grey": how many there are. */
function runsText(runs, view) {
  const shown = runs.filter((run) => !run.grey).length, grey = runs.length - shown;
  const colorless = runs.filter((run) => !run.grey && !hasSlot(run.slot)).length;
  const parts = [shown === 1 ? "1 run" : `${groupDigits(String(shown))} runs`];
  if (grey) parts.push(`${grey} in grey`);
  if (colorless) parts.push(`${colorless} in grey: 24 runs have a colour`);
  if (view.hidden.size) parts.push(`${view.hidden.size} hidden`);
  return parts.join(", ");
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
