// Beside the table: which params drive the metric, and the front of the metric against how long a run took.

class SideCard {
  constructor(panel) {
    this.panel = panel;
    this.found = null;
    this.drivers = el("div", { class: "cmp-drivers" });
    this.plot = el("div", { class: "cmp-small-plot" });
    this.plotTitle = el("div", { class: "tb-row cmp-plot-title" });
    this.plotSaid = el("p", { class: "tb-muted tb-caption" });
    this.node = el("aside", { class: "tb-card cmp-card cmp-side", "aria-label": "What drives the metric" }, this.drivers, el("div", { class: "cmp-side-plot" }, this.plotTitle, this.plot, this.plotSaid));
  }

  draw() {
    this.drawDrivers();
    this.drawPlot();
  }

  /** The forest is computed when somebody asks for it: it needs scikit-learn, and a second or two. */
  drawDrivers() {
    const { panel } = this, metric = panel.target;
    const change = el("button", { class: "cmp-metric", type: "button", "aria-haspopup": "dialog", title: "Choose the metric", dir: "auto", on: { click: (event) => pickColumn(panel, event.currentTarget, { label: "Metric", chosen: `metrics.${metric}`, only: (id) => id.startsWith("metrics."), choose: (id) => panel.choose({ metric: id.slice(8) }) }) } }, el("span", { class: "tb-ellipsis", text: metric || "the metric" }), icon("down"));
    const title = el("h3", { class: "cmp-card-title tb-row" }, el("span", { text: "What drives" }), metric ? change : "the metric");
    if (!metric) { this.drivers.replaceChildren(title, el("p", { class: "tb-muted tb-small", text: "No metric has been logged yet." })); return; }
    if (!panel.view.drivers) {
      const ask = el("button", { class: "tb-button tb-low", type: "button", on: { click: () => panel.choose({ drivers: true }) } }, "Find out");
      this.drivers.replaceChildren(title, el("p", { class: "tb-muted tb-small", text: `A random forest says which params matter most for ${metric}.` }), ask);
      return;
    }
    const found = panel.answered("drivers", { metric, version: panel.aboutAround.version });
    const { value, said } = found;
    if (!value) { this.drivers.replaceChildren(title, el("p", { class: "tb-muted tb-small", role: "status", text: said })); return; }
    this.drivers.replaceChildren(title, ...driverNodes(value));
  }

  drawPlot() {
    const { panel } = this, { around } = panel;
    const y = around && panel.target ? `metrics.${panel.target}` : "";
    this.plotTitle.replaceChildren(el("h3", { class: "cmp-card-title", text: "Pareto front" }), el("span", { class: "tb-muted tb-caption tb-ellipsis", dir: "auto", text: panel.target ? `${panel.target} against duration` : "" }));
    if (!y) { this.plotted = null; this.plot.replaceChildren(); this.plotSaid.textContent = around ? "It needs a metric." : panel.waiting(); return; }
    const key = JSON.stringify([around.version, y, panel.slots, this.plot.clientWidth]);
    if (key === this.plotted) return;
    this.plotted = key;
    const { said, words } = drawScatter(panel, this.plot, { x: DURATION_COLUMN, y, pareto: true, small: true });
    if (!words) this.plot.replaceChildren();
    this.plotSaid.textContent = said;
  }
}

/** Bars with their spread, and how far to trust them. */
function driverNodes(found) {
  const caption = el("p", { class: "tb-muted tb-caption cmp-caption", text: `Permutation importance, random forest, ${found.runs} finished runs` });
  const most = Math.max(1e-9, ...found.means.map((mean, place) => mean + found.spreads[place])), share = (value) => `${((100 * Math.max(0, Math.min(most, value))) / most).toFixed(1)}%`;
  const rows = found.names.slice(0, 12).map((name, place) => {
    const mean = found.means[place], spread = found.spreads[place], text = `${mean.toFixed(2)} \u00b1 ${spread.toFixed(2)}`.replaceAll("-", MINUS);
    return el("tr", {}, el("th", { scope: "row", class: "tb-ellipsis", dir: "auto", title: name, text: name }), el("td", { class: "cmp-bar-cell" }, el("span", { class: "cmp-bar", "aria-hidden": "true" }, el("i", { style: { width: share(mean) } }), el("b", { style: { left: share(mean - spread), right: `calc(100% - ${share(mean + spread)})` } }))), el("td", { class: "tb-num tb-caption tb-muted", text }));
  });
  const left = found.names.length - rows.length;
  const table = rows.length ? el("table", { class: "cmp-bars", "aria-label": `Importance of params for ${found.metric}` }, el("tbody", {}, rows)) : null;
  const note = [found.note, left > 0 ? `${left} params with less are not shown.` : ""].filter(Boolean).join(" ");
  return [caption, table, note ? el("p", { class: "cmp-care tb-small" }, el("span", { class: "cmp-care-sign", "aria-hidden": "true", text: "!" }), el("span", { dir: "auto", text: note })) : null].filter(Boolean);
}
