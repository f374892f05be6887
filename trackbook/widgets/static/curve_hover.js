// The card that follows the pointer over a chart: step, runs by value, params of the nearest. Put after curve_lines.js.

const HOVER_ROWS = 12, HOVER_PARAMS = 6, HOVER_WORD = 24;

class HoverCard {
  constructor(panel) {
    this.panel = panel;
    this.node = el("div", { class: "tb tb-float tb-hover", hidden: true, "aria-hidden": "true" });
    document.body.append(this.node);
  }

  show(chart, event) {
    const points = event.points.filter((point) => point.data.meta !== undefined && Number.isFinite(point.y));
    if (!points.length) return;
    this.node.setAttribute("data-dark", this.panel.root.getAttribute("data-dark") || "false");
    const format = columnFormat(points.map((point) => point.y));
    points.sort((a, b) => (chart.chart.goal === "min" ? a.y - b.y : b.y - a.y));
    const nearest = nearestPoint(points, event);
    const shown = points.slice(0, HOVER_ROWS);
    if (!shown.includes(nearest)) shown[shown.length - 1] = nearest;
    const rows = shown.map((point) => this.row(chart, point, format, point === nearest && points.length > 1, points.length === 1));
    const more = points.length > shown.length ? el("div", { class: "tb-caption tb-muted", text: `and ${points.length - shown.length} more` }) : null;
    const words = this.words(nearest);
    this.node.replaceChildren(this.head(chart, nearest), ...rows, ...[more, words].filter(Boolean));
    this.node.hidden = false;
    this.place(event.event);
  }

  head(chart, point) {
    const { state, view } = this.panel;
    const series = state.of(chart.key);
    const numbered = series.length > 0 && series.every((one) => one.facts.numbered);
    const step = point.data.customdata ? point.data.customdata[point.pointNumber] : undefined;
    const at = step === undefined ? point.x : step;
    const along = view.metric !== null ? `${view.metric} ${columnFormat([point.x])(point.x)}` : view.x === "time" ? String(point.x).slice(0, 19).replace("T", " ") : view.x === "relative" ? `${columnFormat([point.x])(point.x)} ${chart.unit[1]}` : null;
    const last = Math.max(...series.map((one) => one.facts.last_step));
    const isStep = step !== undefined || view.x === "step" && view.metric === null;
    return el("div", { class: "tb-row tb-caption tb-hover-head" },
      isStep ? el("span", { class: "tb-bold tb-num tb-fix", text: `${numbered ? "point" : "step"} ${groupDigits(String(at))}` }) : null,
      isStep && !numbered && along === null ? el("span", { class: "tb-muted tb-num tb-fix", text: `of ${groupDigits(String(last))}` }) : null,
      along === null ? null : textEl("span", along, "tb-muted tb-num tb-ellipsis"), el("span", { class: "tb-grow" }), textEl("span", chart.key, "tb-muted tb-ellipsis"));
  }

  row(chart, point, format, near, alone) {
    const group = chart.groupOf(point.data.meta);
    const run = group ? null : this.panel.state.head.runs[point.data.meta] || {};
    const raw = point.data.text ? point.data.text[point.pointNumber] : undefined;
    const aside = group ? `± ${format(group.sd[point.pointNumber])}  n ${group.n[point.pointNumber]}` : raw === undefined ? null : format(raw);
    return el("div", { class: `tb-row tb-small tb-hover-run${near ? " tb-near" : ""}` }, runMark(group ? group.slot : run.slot, 12), textEl("span", group ? group.name : run.name, `tb-ellipsis tb-grow${near ? " tb-medium" : ""}`),
      aside === null ? null : el("span", { class: "tb-num tb-muted tb-caption", text: aside }), el("span", { class: `tb-num${near || alone ? " tb-bold" : ""}`, text: format(point.y) }));
  }

  /** The params of the run nearest to the pointer, those first in which the runs differ. */
  words(point) {
    const { runs } = this.panel.state.head;
    const run = runs[point.data.meta];
    if (!run || !run.params || !Object.keys(run.params).length) return null;
    const others = runs.filter((one) => !one.grey && one.params);
    const differs = (key) => others.some((one) => one.params[key] !== run.params[key]);
    const keys = Object.keys(run.params).sort((a, b) => differs(b) - differs(a));
    const word = (text) => (text.length > HOVER_WORD ? `${text.slice(0, HOVER_WORD)}\u2026` : text);
    const said = keys.slice(0, HOVER_PARAMS).flatMap((key) => [el("span", { class: "tb-muted", dir: "auto", text: `${word(key)} ` }), el("span", { dir: "auto", text: word(run.params[key]) }), keys.indexOf(key) < Math.min(keys.length, HOVER_PARAMS) - 1 ? ", " : ""]);
    return el("div", { class: "tb-caption tb-hover-words" }, textEl("span", run.name, "tb-medium"), ": ", said, keys.length > HOVER_PARAMS ? el("span", { class: "tb-muted", text: `, ${keys.length - HOVER_PARAMS} more` }) : null);
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
