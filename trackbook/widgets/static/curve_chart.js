// One chart of a metric: title, plotly drawing in our colours, zoom. Put after curve_lines.js and curve_sketch.js.

/** The options of a chart; `tokens` are colours that plotly reads. */
function chartLayout(tokens, options) {
  const axis = { gridcolor: tokens.line, linecolor: tokens.line2, tickcolor: tokens.line2, tickfont: { size: 11, color: tokens.ink2 }, zeroline: false, ticklen: 4, automargin: false };
  return {
    autosize: true, margin: { l: 46, r: 14, t: 8, b: 26 }, paper_bgcolor: tokens.bg, plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    hovermode: options.along ? "closest" : "x", font: { family: tokens.ui, size: 11, color: tokens.ink2 }, uirevision: options.keep, datarevision: options.revision, dragmode: "zoom",
    xaxis: { ...axis, showgrid: false, showline: true, ticks: "outside", nticks: 6, showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: tokens.edge, ...options.x },
    yaxis: { ...axis, gridwidth: 1, showline: false, ticks: "", nticks: 5, tickformat: "~g", exponentformat: "e", ...options.y },
  };
}

/** The y axis of a metric: log with a tick for every decade or for 1, 2 and 5, or linear. */
function yAxis(key, log, span) {
  if (log) return { type: "log", dtick: span > 2.6 ? Math.ceil(span / 6) : "D2" };
  if (/(^|[_./ ])(seconds|secs?)$/i.test(key)) return { type: "linear", tickformat: "~s", ticksuffix: "s" };
  return { type: "linear" };
}

/** The x axis of a view. */
function xAxis(view, unit) {
  if (view.metric !== null) return { type: "linear", tickformat: "~g" };
  if (view.x === "time") return { type: "date" };
  return view.x === "relative" ? { type: "linear", ticksuffix: ` ${unit[1]}` } : { type: "linear" };
}

class CurveChart {
  constructor(panel, key) {
    this.panel = panel;
    this.key = key;
    this.revision = 0;
    this.drawn = false;
    this.visible = false;
    this.dirty = true;
    this.turn = 0;
    this.unit = [1, "s"];
    this.groups = [];
    this.title = el("div", { class: "tb-chart-title tb-row" });
    this.plot = el("div", { class: "tb-plot", role: "img" });
    this.note = el("div", { class: "tb-chart-note tb-muted tb-small", hidden: true });
    this.node = el("section", { class: "tb-chart" }, this.title, el("div", { class: "tb-plot-box" }, this.plot, this.note));
    this.observer = new IntersectionObserver((entries) => {
      this.visible = entries[entries.length - 1].isIntersecting;
      if (this.visible && this.dirty) this.panel.schedule();
    });
    this.observer.observe(this.node);
    this.sizer = new ResizeObserver(() => this.resize());
    this.sizer.observe(this.plot);
  }

  get chart() {
    return this.panel.state.charts.find((chart) => chart.key === this.key) || { key: this.key, log: false, goal: null };
  }

  /** {x: [low, high], y: [low, high] or null} of the view, or null. */
  get zoomed() {
    const zoom = this.panel.view.zoom[this.key];
    return zoom && Array.isArray(zoom.x) && zoom.x.length === 2 ? zoom : null;
  }

  /** Whether the axis is logarithmic: as this chart was told, else as the metric wants and the panel allows. */
  get log() {
    const said = this.panel.view.axes[this.key];
    return said === "log" || (said !== "linear" && this.panel.view.log && this.chart.log);
  }

  groupOf(meta) {
    return typeof meta === "string" ? this.groups[Number(meta.slice(6))] : null;
  }

  /** Draw with plotly, or without it while it has not come. */
  draw(plotly, tokens) {
    this.dirty = false;
    const { state, view } = this.panel;
    const chart = this.chart, log = this.log;
    const { lines, missing, unit } = chartLines(state, view, this.key, chart.goal, this.zoomed !== null);
    this.unit = unit;
    const below = log ? lines.reduce((sum, line) => sum + countBelowZero(line.raw || line.y), 0) : 0;
    const fence = view.clip ? fences(lines.filter((line) => !line.grey).map((line) => line.y), log) : null;
    this.drawTitle({ below, missing, fence });
    const series = state.of(this.key);
    const [low, high] = spanOf(lines, log);
    const empty = !(low <= high);
    this.note.hidden = !empty;
    this.plot.style.visibility = empty ? "hidden" : "";
    if (empty) {
      this.note.textContent = nothingToDraw(this.key, series, { below, missing, view });
      return;
    }
    this.plot.setAttribute("aria-label", this.sentence(lines.length, low, high));
    if (!plotly) {
      this.plot.replaceChildren(sketchLines(this.plot, lines.map((line) => this.sketch(line)), log));
      return;
    }
    if (!this.drawn) this.plot.replaceChildren();
    this.react(plotly, tokens, { lines, log, fence, low, high, single: series.every((one) => one.facts.count === 1) });
  }

  react(plotly, tokens, { lines, log, fence, low, high, single }) {
    const { view } = this.panel;
    this.groups = view.by ? groupsOf(lines, view.by) : [];
    const room = this.zoomed ? Infinity : Math.max(400, this.plot.clientWidth);
    const drawn = view.by ? lines.filter((line) => line.context) : lines;
    const order = [...drawn].sort((a, b) => b.grey - a.grey); // context lies below
    const traces = order.flatMap((line) => runTraces(line, log, tokens, room));
    this.groups.forEach((group, place) => traces.push(...groupTraces(group, place, log, tokens)));
    this.revision += 1;
    const y = yAxis(this.key, log, log ? Math.log10(high / low) : 0);
    const range = fence ? heightsOf([fence.low, fence.high], log) : rangeBeside(lines, log);
    if (range) y.range = padded(range);
    const layout = chartLayout(tokens, { revision: this.revision, keep: `${this.turn} ${view.x} ${view.metric} ${log} ${Boolean(range)}`, along: view.metric !== null, x: xAxis(view, this.unit), y });
    if (single) layout.xaxis.nticks = 3;
    if (this.zoomed) this.applyZoom(layout);
    plotly.react(this.plot, traces, layout, { displayModeBar: false, responsive: false, doubleClick: false, showTips: false });
    if (!this.drawn) this.listen();
    this.drawn = true;
    this.point(this.panel.pointed);
  }

  applyZoom(layout) {
    const wish = JSON.stringify([this.zoomed.x, this.panel.view.x, this.panel.view.metric]);
    if (wish !== this.asked) this.askFiner();
    this.asked = wish;
    layout.xaxis.range = this.zoomed.x;
    if (Array.isArray(this.zoomed.y)) layout.yaxis.range = this.zoomed.y;
  }

  /** A line for the drawing without plotly. */
  sketch(line) {
    const picks = thinPlaces(line.y, Math.max(400, this.plot.clientWidth));
    const dash = runDash(line.slot);
    return { x: numbersAt(line.x, picks), y: numbersAt(line.y, picks), color: runColor(line.grey ? null : line.slot), dash: dash === "solid" ? "none" : dash, grey: line.grey };
  }

  drawTitle({ below, missing, fence }) {
    const { state, view, live } = this.panel;
    const series = state.of(this.key);
    const gaps = series.reduce((sum, one) => sum + one.facts.gaps, 0);
    const tag = (text, title) => el("span", { class: "tb-caption tb-muted tb-note", title, text });
    const parts = [textEl("span", this.key, "tb-bold tb-ellipsis"), this.axisButton()];
    if (series.length && series.every((one) => one.facts.numbered)) parts.push(tag("by order", "Every point has the same step, so they are drawn in the order in which they were logged."));
    if (view.best && this.chart.goal) parts.push(tag("best so far", `The ${this.chart.goal === "min" ? "least" : "greatest"} value so far.`));
    if (gaps) parts.push(troubleChip(gaps === 1 ? "1 gap" : `${groupDigits(String(gaps))} gaps`, "Values that are NaN or infinite are gaps in the curve."));
    if (below) parts.push(troubleChip(`${groupDigits(String(below))} not above 0`, "A logarithmic axis cannot show values that are zero or negative; they are gaps in the curve."));
    if (missing) parts.push(troubleChip(`${missing} without ${view.metric}`, `These runs have no ${view.metric} to lie along, so they are not drawn.`));
    if (fence && fence.outside) parts.push(tag(`${groupDigits(String(fence.outside))} outside`, "Points more than 3 quartile ranges beyond the quartiles lie outside the axis. Clip outliers is on."));
    parts.push(el("span", { class: "tb-grow" }));
    if (this.zoomed) parts.push(el("button", { class: "tb-button tb-ghost tb-low", type: "button", "aria-label": `Show all of ${this.key}`, on: { click: () => this.resetZoom() } }, icon("reset"), "All"));
    else if (!live) parts.push(...this.bestParts(series));
    const focused = this.title.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    this.title.replaceChildren(...parts);
    if (focused) [...this.title.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === focused)?.focus();
  }

  /** The word "log" beside the name, with which this chart's axis is turned; on a linear one it shows under the pointer. */
  axisButton() {
    const { log } = this;
    const turn = () => this.panel.set({ axes: { ...this.panel.view.axes, [this.key]: log ? "linear" : "log" } });
    return el("button", { class: `tb-axis tb-code tb-caption tb-muted${log ? "" : " tb-quiet"}`, type: "button", "aria-pressed": String(log), "aria-label": `Logarithmic axis of ${this.key}`, title: log ? "Logarithmic axis. Click for a linear one." : "Click for a logarithmic axis.", on: { click: turn } }, "log");
  }

  bestParts(series) {
    const { goal } = this.chart;
    const { state, view } = this.panel;
    const best = bestOf(series.filter((one) => !(state.head.runs[one.facts.run] || {}).grey && !view.hidden.has((state.head.runs[one.facts.run] || {}).id)), goal);
    if (!best) return [];
    const run = state.head.runs[best.run] || {};
    return [el("span", { class: "tb-caption tb-muted", text: goal }),
      numberEl(best.value, columnFormat(series.map((one) => one.facts[goal])), "tb-num tb-small tb-bold"), runMark(run.slot, 12)];
  }

  sentence(count, low, high) {
    const format = columnFormat([low, high]);
    const along = this.panel.view.metric !== null ? ` along ${this.panel.view.metric}` : "";
    return `${this.key} of ${count === 1 ? "1 run" : `${count} runs`}${along}, from ${format(low)} to ${format(high)}${this.log ? ", logarithmic axis" : ""}`;
  }

  listen() {
    this.plot.on("plotly_relayout", (change) => this.relayout(change));
    this.plot.on("plotly_hover", (event) => this.panel.hover.show(this, event));
    this.plot.on("plotly_unhover", () => this.panel.hover.hide());
    this.plot.on("plotly_doubleclick", () => this.resetZoom());
  }

  /** The user has zoomed, or has gone back: the view keeps it, and the kernel is asked for finer points. */
  relayout(change) {
    const range = (axis) => change[`${axis}.range`] || (change[`${axis}.range[0]`] !== undefined ? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]] : null);
    const [x, y] = [range("xaxis"), range("yaxis")];
    if (!x && !y) return;
    const before = this.zoomed;
    const next = x ? { x: [...x], y: y ? [...y] : before ? before.y : null } : y ? { x: before ? before.x : [...this.plot._fullLayout.xaxis.range], y: [...y] } : null;
    this.setZoom(next);
  }

  setZoom(zoom) {
    const { [this.key]: _, ...others } = this.panel.view.zoom;
    this.panel.set({ zoom: zoom ? { ...others, [this.key]: zoom } : others }, this.key);
  }

  /** Have the finer points of what is in view come. */
  askFiner() {
    const { state, view } = this.panel;
    const range = this.zoomed.x.map((value) => (view.x === "time" && view.metric === null ? instantOf(value) : Number(value)));
    const plain = view.x === "step" && view.metric === null;
    const steps = plain ? range : stepsWithin(chartLines(state, view, this.key, null, true).lines, range);
    if (steps) state.zoom(this.key, steps);
  }

  resetZoom() {
    this.setZoom(null);
  }

  /** The zoom is gone: plotly is to forget what the user did to the axes. */
  forget() {
    this.turn += 1;
    this.asked = null;
    this.panel.state.zoom(this.key, null);
  }

  /** Have the other curves step back while a run is pointed at; null for none. */
  point(place) {
    for (const node of this.plot.querySelectorAll(".scatterlayer .trace")) {
      const meta = node.__data__ && node.__data__[0] && node.__data__[0].trace.meta;
      node.classList.toggle("tb-back", place !== null && meta !== place);
    }
  }

  resize() {
    if (this.drawn && this.plot.clientWidth && this.panel.plotly) this.panel.plotly.Plots.resize(this.plot);
  }

  remove() {
    this.observer.disconnect();
    this.sizer.disconnect();
    if (this.drawn) this.panel.plotly.purge(this.plot);
    this.node.remove();
  }
}

function troubleChip(text, title) {
  return el("span", { class: "tb-chip tb-err", title }, el("span", { class: "tb-ellipsis", text }));
}

/** Plotly's date as milliseconds, as `wallClock` gave them. */
function instantOf(value) {
  return typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T").slice(0, 23)}Z`);
}

/** A range with a little room at both ends. */
function padded([low, high]) {
  const room = (high - low) * .04;
  return [low - room, high + room];
}

/** Values as heights on an axis. */
function heightsOf(values, log) {
  return log ? values.map(Math.log10) : values;
}

/** Where runs in grey reach so far beyond those shown that these would lie flat: a range with no more than one of
 *  theirs above and below; null where the axis needs none. */
function rangeBeside(lines, log) {
  const [low, high] = heightsOf(spanOf(lines.filter((line) => !line.context), log), log);
  const [least, greatest] = heightsOf(spanOf(lines, log), log);
  const span = high - low;
  if (!(span > 0) || (least >= low - span && greatest <= high + span)) return null;
  return [Math.max(least, low - span), Math.min(greatest, high + span)];
}

/** Least and greatest value that can be drawn. */
function spanOf(lines, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of lines) {
    for (const value of y) {
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** Why a chart is empty. */
function nothingToDraw(key, series, { below, missing, view }) {
  const count = series.reduce((sum, one) => sum + one.facts.count, 0);
  if (!count) return "No points yet.";
  if (missing && missing === series.length) return `None of these runs has ${view.metric}, along which the curves are to lie. Choose another x axis.`;
  const gaps = series.reduce((sum, one) => sum + one.facts.gaps, 0);
  const nans = series.reduce((sum, one) => sum + one.facts.nans, 0);
  const what = nans === gaps ? "NaN" : nans ? "NaN or infinite" : "infinite";
  if (gaps === count) return `${key}: ${groupDigits(String(gaps))} of ${groupDigits(String(count))} points ${gaps === 1 ? "is" : "are"} ${what}. Nothing to draw.`;
  if (below) return `${key}: no value is above 0, and a logarithmic axis shows no other. Take a linear one with "log" beside the name.`;
  return "Every run with this metric is hidden. Click a run at the left to show it.";
}
