// One chart of a metric: title, plotly drawing in our colours, our own hover card, zoom.

/** The options of a chart; `tokens` are colours that plotly reads. */
function chartLayout(tokens, options) {
  const axis = { gridcolor: tokens.line, linecolor: tokens.line2, tickcolor: tokens.line2, tickfont: { size: 11, color: tokens.ink2 }, zeroline: false, ticklen: 4, automargin: false };
  return {
    autosize: true, margin: { l: 46, r: 14, t: 8, b: 26 }, paper_bgcolor: tokens.bg, plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    hovermode: "x", font: { family: tokens.ui, size: 11, color: tokens.ink2 }, uirevision: "keep", datarevision: options.revision, dragmode: "zoom",
    xaxis: { ...axis, showgrid: false, showline: true, ticks: "outside", nticks: 6, showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "solid", spikecolor: tokens.edge },
    yaxis: { ...axis, gridwidth: 1, showline: false, ticks: "", nticks: 5, tickformat: "~g", exponentformat: "e", ...options.y },
  };
}

/** The y axis of a metric: log with a tick for every decade or for 1, 2 and 5, or linear. */
function yAxis(key, log, span) {
  if (log) return { type: "log", dtick: span > 2.6 ? Math.ceil(span / 6) : "D2" };
  if (/(^|[_./ ])(seconds|secs?)$/i.test(key)) return { type: "linear", tickformat: "~s", ticksuffix: "s" };
  return { type: "linear" };
}

/** Index of the last point that can be drawn, or -1. */
function lastDrawn(y, log) {
  for (let place = y.length - 1; place >= 0; place -= 1) if (Number.isFinite(y[place]) && (!log || y[place] > 0)) return place;
  return -1;
}

class CurveChart {
  constructor(panel, key) {
    this.panel = panel;
    this.key = key;
    this.revision = 0;
    this.drawn = false;
    this.visible = false;
    this.dirty = true;
    this.zoomed = null;
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

  /** Draw with plotly, or without it while it has not come. */
  draw(plotly, tokens) {
    this.dirty = false;
    const { state } = this.panel;
    const series = state.of(this.key);
    const chart = this.chart;
    this.drawTitle(series, chart);
    const lows = series.map((one) => one.facts.min).filter((value) => value !== null);
    const highs = series.map((one) => one.facts.max).filter((value) => value !== null);
    this.note.hidden = lows.length > 0;
    this.plot.style.visibility = lows.length ? "" : "hidden";
    if (!lows.length) {
      this.note.textContent = nothingToDraw(this.key, series);
      return;
    }
    const [low, high] = [Math.min(...lows), Math.max(...highs)];
    this.plot.setAttribute("aria-label", this.sentence(series, chart, low, high));
    if (!plotly) {
      this.plot.replaceChildren(sketchLines(this.plot, series.map((one) => this.line(one)), chart.log));
      return;
    }
    if (!this.drawn) this.plot.replaceChildren();
    const traces = series.flatMap((one) => this.traces(one, chart.log, tokens));
    this.revision += 1;
    const layout = chartLayout(tokens, { revision: this.revision, y: yAxis(this.key, chart.log, chart.log ? Math.log10(high / low) : 0) });
    if (series.every((one) => one.facts.count === 1)) layout.xaxis.nticks = 3;
    plotly.react(this.plot, traces, layout, { displayModeBar: false, responsive: false, doubleClick: "reset+autosize", showTips: false });
    if (!this.drawn) this.listen();
    this.drawn = true;
  }

  /** The line of a series as it is to be drawn. */
  line(one) {
    const { slot } = this.panel.state.head.runs[one.facts.run] || {};
    const all = this.panel.state.points(one);
    const [x, y] = this.zoomed ? all : thin(...all, Math.max(400, this.plot.clientWidth));
    const dash = runDash(slot);
    return { x, y, color: runColor(slot), dash: dash === "solid" ? "none" : dash, grey: !hasSlot(slot) };
  }

  traces(one, log, tokens) {
    const run = this.panel.state.head.runs[one.facts.run] || {};
    const { x, y } = this.line(one);
    const colored = hasSlot(run.slot);
    const color = colored ? runHex(run.slot, tokens.dark) : tokens.ink2;
    if (!colored) return [{ x, y, mode: "lines", line: { color, width: 1 }, opacity: .16, hoverinfo: "skip" }];
    const line = { x, y, mode: "lines", line: { color, width: 1.9, dash: runDash(run.slot) }, hoverinfo: "none", meta: one.facts.run, connectgaps: false };
    const end = lastDrawn(y, log);
    if (end < 0) return [line];
    const marker = { color, symbol: runSymbol(run.slot), size: runMarkSize(run.slot), line: { width: 1, color: tokens.bg } };
    return [line, { x: [x[end]], y: [y[end]], mode: "markers", marker, cliponaxis: false, hoverinfo: "skip" }];
  }

  drawTitle(series, chart) {
    const gaps = series.reduce((sum, one) => sum + one.facts.gaps, 0);
    const parts = [textEl("span", this.key, "tb-bold tb-ellipsis")];
    if (chart.log) parts.push(el("span", { class: "tb-code tb-caption tb-muted", text: "log", title: "Logarithmic axis" }));
    if (series.length && series.every((one) => one.facts.numbered)) parts.push(el("span", { class: "tb-caption tb-muted", text: "by order", title: "Every point has the same step, so they are drawn in the order in which they were logged." }));
    if (gaps) parts.push(el("span", { class: "tb-chip tb-err", title: "Values that are NaN or infinite are gaps in the curve." }, el("span", { class: "tb-ellipsis", text: gaps === 1 ? "1 gap" : `${groupDigits(String(gaps))} gaps` })));
    parts.push(el("span", { class: "tb-grow" }));
    if (this.zoomed) parts.push(el("button", { class: "tb-button tb-ghost tb-low", type: "button", "aria-label": `Show all of ${this.key}`, on: { click: () => this.resetZoom() } }, icon("reset"), "All"));
    else if (!this.panel.live) parts.push(...this.bestParts(series, chart));
    this.title.replaceChildren(...parts);
  }

  bestParts(series, chart) {
    const best = bestOf(series, chart.goal);
    if (!best) return [];
    const run = this.panel.state.head.runs[best.run] || {};
    return [el("span", { class: "tb-caption tb-muted", text: chart.goal }),
      numberEl(best.value, columnFormat(series.map((one) => one.facts[chart.goal])), "tb-num tb-small tb-bold"), runMark(run.slot, 12)];
  }

  sentence(series, chart, low, high) {
    const format = columnFormat([low, high]);
    const runs = series.length === 1 ? "1 run" : `${series.length} runs`;
    return `${this.key} of ${runs}, from ${format(low)} to ${format(high)}${chart.log ? ", logarithmic axis" : ""}`;
  }

  listen() {
    this.plot.on("plotly_relayout", (change) => this.relayout(change));
    this.plot.on("plotly_hover", (event) => this.panel.hover.show(this, event));
    this.plot.on("plotly_unhover", () => this.panel.hover.hide());
  }

  relayout(change) {
    const range = change["xaxis.range"] || (change["xaxis.range[0]"] !== undefined ? [change["xaxis.range[0]"], change["xaxis.range[1]"]] : null);
    if (range) this.zoomed = range.map(Number);
    else if (change["xaxis.autorange"] || change["yaxis.autorange"]) this.zoomed = null;
    else return;
    this.panel.state.zoom(this.key, this.zoomed);
    this.dirty = true; // all the points that the page has, until finer ones come
    this.panel.schedule();
  }

  resetZoom() {
    this.panel.plotly.relayout(this.plot, { "xaxis.autorange": true, "yaxis.autorange": true });
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

/** Points for a drawing that is narrower than they are many: least, greatest and first gap of each stretch, and the last. */
function thin(x, y, limit) {
  if (x.length <= 1.25 * limit) return [x, y];
  const stretch = Math.ceil((2 * x.length) / limit);
  const picks = [];
  for (let start = 0; start < x.length; start += stretch) {
    let low = -1, high = -1, gap = -1;
    for (let place = start; place < Math.min(start + stretch, x.length); place += 1) {
      if (!Number.isFinite(y[place])) gap = gap < 0 ? place : gap;
      else {
        if (low < 0 || y[place] < y[low]) low = place;
        if (high < 0 || y[place] > y[high]) high = place;
      }
    }
    picks.push(...new Set([low, high, gap].filter((place) => place >= 0).sort((a, b) => a - b)));
  }
  if (picks[picks.length - 1] !== x.length - 1) picks.push(x.length - 1);
  return [Float64Array.from(picks, (place) => x[place]), Float64Array.from(picks, (place) => y[place])];
}

/** Best value of some series and the place of its run; null where the metric's name does not say what is best. */
function bestOf(series, goal) {
  if (!goal) return null;
  let best = null;
  for (const one of series) {
    const value = one.facts[goal];
    if (value !== null && (!best || (goal === "min" ? value < best.value : value > best.value))) best = { value, run: one.facts.run };
  }
  return best;
}

/** Why a chart is empty. */
function nothingToDraw(key, series) {
  const count = series.reduce((sum, one) => sum + one.facts.count, 0);
  if (!count) return "No points yet.";
  const gaps = series.reduce((sum, one) => sum + one.facts.gaps, 0);
  return `${groupDigits(String(gaps))} of ${groupDigits(String(count))} points ${gaps === 1 ? "is" : "are"} NaN or infinite. Nothing to draw.`;
}

/** The card that follows the pointer: step, then the runs by value. */
class HoverCard {
  constructor(panel) {
    this.panel = panel;
    this.node = el("div", { class: "tb tb-float tb-hover", hidden: true, "aria-hidden": "true" });
    document.body.append(this.node);
  }

  show(chart, event) {
    const points = event.points.filter((point) => Number.isInteger(point.data.meta));
    if (!points.length) return;
    const { state } = this.panel;
    this.node.setAttribute("data-dark", this.panel.root.getAttribute("data-dark") || "false");
    const format = columnFormat(points.map((point) => point.y));
    points.sort((a, b) => (chart.chart.goal === "min" ? a.y - b.y : b.y - a.y));
    const nearest = nearestPoint(points, event);
    const series = state.of(chart.key);
    const last = Math.max(...series.map((one) => one.facts.last_step));
    const numbered = series.every((one) => one.facts.numbered);
    const head = el("div", { class: "tb-row tb-caption tb-hover-head" }, el("span", { class: "tb-bold tb-num", text: `${numbered ? "point" : "step"} ${groupDigits(String(points[0].x))}` }),
      numbered ? null : el("span", { class: "tb-muted tb-num", text: `of ${groupDigits(String(last))}` }), el("span", { class: "tb-grow" }), textEl("span", chart.key, "tb-muted tb-ellipsis"));
    const rows = points.slice(0, 12).map((point) => {
      const run = state.head.runs[point.data.meta] || {};
      const near = point === nearest && points.length > 1;
      return el("div", { class: `tb-row tb-small tb-hover-run${near ? " tb-near" : ""}` }, runMark(run.slot, 12), textEl("span", run.name, `tb-ellipsis tb-grow${near ? " tb-medium" : ""}`),
        el("span", { class: `tb-num${near || points.length === 1 ? " tb-bold" : ""}`, text: format(point.y) }));
    });
    const more = points.length > 12 ? el("div", { class: "tb-caption tb-muted", text: `and ${points.length - 12} more` }) : null;
    this.node.replaceChildren(head, ...rows, ...(more ? [more] : []));
    this.node.hidden = false;
    this.place(event.event);
  }

  place(pointer) {
    if (!pointer) return;
    const { width, height } = this.node.getBoundingClientRect();
    const left = pointer.clientX + 16 + width > innerWidth ? pointer.clientX - 16 - width : pointer.clientX + 16;
    const top = Math.min(Math.max(8, pointer.clientY - height / 3), innerHeight - height - 8);
    this.node.style.left = `${Math.max(8, left)}px`;
    this.node.style.top = `${Math.max(8, top)}px`;
  }

  hide() {
    this.node.hidden = true;
  }

  remove() {
    this.node.remove();
  }
}

/** The point of a hover event that lies nearest to the pointer in height. */
function nearestPoint(points, event) {
  const axis = points[0].yaxis;
  if (!event.event || !axis) return points[0];
  const box = points[0].fullData && event.event.target ? event.event.target.getBoundingClientRect() : null;
  if (!box) return points[0];
  const height = event.event.clientY - box.top;
  const distance = (point) => Math.abs(axis.d2p(point.y) - height);
  return points.reduce((near, point) => (distance(point) < distance(near) ? point : near), points[0]);
}
