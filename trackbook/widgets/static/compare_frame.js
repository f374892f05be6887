// The frame of a chart of two axes in px: gridlines, ticks, names, and the card that follows the pointer.

const FRAME_EDGES = { left: 60, right: 18, top: 14, bottom: 40 }, SMALL_EDGES = { left: 40, right: 12, top: 8, bottom: 22 };
const NEAR_PX = 16, SIZES_SMALL = 2.6, POINT_SIZES = [2.2, 8];

class ChartFrame {
  constructor(width, height, x, y, edges = FRAME_EDGES) {
    Object.assign(this, { width, height, x, y, edges });
    const pad = (axis) => (axis.kind === "category" ? 0.5 / Math.max(1, axis.high - axis.low) : 0.03);
    this.padX = pad(x);
    this.padY = pad(y);
  }

  px(value) {
    const room = this.width - this.edges.left - this.edges.right;
    return this.edges.left + ((shareOn(this.x, value) + this.padX) / (1 + 2 * this.padX)) * room;
  }

  py(value) {
    const room = this.height - this.edges.top - this.edges.bottom;
    return this.height - this.edges.bottom - ((shareOn(this.y, value) + this.padY) / (1 + 2 * this.padY)) * room;
  }

  /** Gridlines at the ticks of y, ticks of x below, and the names of both. */
  nodes(named = true) {
    const { left, right, bottom } = this.edges, foot = this.height - bottom, end = this.width - right, nodes = [];
    let last = Infinity;
    for (const [value, text] of this.y.ticks) {
      const y = this.py(value);
      if (last - y < 14) continue;
      last = y;
      nodes.push(svgEl("path", { d: `M${left} ${y.toFixed(1)}H${end}`, class: "cmp-grid" }), label(left - 6, y + 4, cutTo(text, left > 50 ? 9 : 6), "end", text));
    }
    nodes.push(svgEl("path", { d: `M${left} ${foot}H${end}`, class: "cmp-axis" }));
    last = -Infinity;
    for (const [value, text] of this.x.ticks) {
      const x = this.px(value), half = Math.min(text.length, 14) * 3.4;
      if (x - half < last || x + half > this.width) continue;
      last = x + half + 6;
      nodes.push(svgEl("path", { d: `M${x.toFixed(1)} ${foot}v4`, class: "cmp-axis" }), label(x, foot + 16, cutTo(text, 14), "middle", text));
    }
    if (!named) return nodes;
    const log = (axis) => (axis.kind === "log" ? ", log" : "");
    nodes.push(label(end, this.height - 6, axisTitle(this.x) + log(this.x), "end", "", "cmp-axis-name"), label(left - 46, 10, axisTitle(this.y) + log(this.y), "start", "", "cmp-axis-name"));
    return nodes;
  }
}

function label(x, y, text, anchor, whole = "", className = "cmp-tick") {
  return svgEl("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor, class: className }, cutTo(text, 48), whole && whole !== text ? svgEl("title", { text: whole }) : null);
}

function cutTo(text, letters) {
  const points = [...text];
  return points.length > letters ? `${points.slice(0, letters - 1).join("")}\u2026` : text;
}

/** The colour of a place on a third axis: one hue, the best the strongest. */
function heightColor(place) {
  return `color-mix(in oklab, var(--accent) ${Math.round(12 + 88 * Math.min(1, Math.max(0, place)))}%, var(--cmp-pale))`;
}

/** A scale of `heightColor` with the values at its ends. */
function heightScale(axis) {
  const [worst, best] = axis.goal === "min" ? [axis.high, axis.low] : [axis.low, axis.high];
  return el("span", { class: "cmp-scale tb-caption tb-muted" }, el("span", { text: axisTitle(axis) }), el("span", { text: valueText(axis, worst) }), el("span", { class: "cmp-ramp", style: { background: `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(heightColor).join(", ")})` } }), el("span", { text: valueText(axis, best) }));
}

/** A card near the pointer that says which run is nearest, with its values; a click hands over its row. */
class HoverCard {
  constructor(panel, box, { axes, click = null }) {
    Object.assign(this, { panel, box, axes, click, points: [], row: null });
    this.card = el("div", { class: "cmp-hover tb-float", hidden: true, "aria-hidden": "true" });
    box.append(this.card);
    box.onpointermove = (event) => this.move(event);
    box.onpointerleave = () => this.hide();
    box.onclick = () => { if (this.row !== null && this.click) this.click(this.row); };
  }

  hide() {
    this.row = null;
    this.card.hidden = true;
    this.box.style.removeProperty("cursor");
  }

  move(event) {
    const rect = this.box.getBoundingClientRect(), x = event.clientX - rect.left, y = event.clientY - rect.top;
    let near = null, best = NEAR_PX ** 2;
    for (const point of this.points) {
      const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
      if (distance < best || (distance === best && this.panel.slotOf(point.row))) { best = distance; near = point; }
    }
    if (!near) { this.hide(); return; }
    if (near.row !== this.row) this.fill(near.row);
    this.card.hidden = false;
    if (this.click) this.box.style.setProperty("cursor", "pointer");
    const left = x + 14 + this.card.offsetWidth > rect.width ? x - 14 - this.card.offsetWidth : x + 14;
    this.card.style.setProperty("left", `${Math.max(0, left)}px`);
    this.card.style.setProperty("top", `${Math.max(0, Math.min(y - 10, rect.height - this.card.offsetHeight))}px`);
  }

  fill(row) {
    const { around } = this.panel, slot = this.panel.slotOf(row);
    this.row = row;
    const ids = new Set(this.axes.map((axis) => axis.id));
    const others = this.panel.parallelAxes().filter((axis) => !ids.has(axis.id)).slice(0, 8);
    const line = (axis, className) => el("div", { class: "cmp-hover-line" }, el("span", { class: "tb-muted tb-ellipsis", dir: "auto", text: axisTitle(axis) }), el("span", { class: `tb-num tb-ellipsis ${className}`, dir: "auto", text: valueText(axis, axis.values[row]) }));
    this.card.replaceChildren(el("div", { class: "tb-row cmp-hover-head" }, runMark(slot), el("span", { class: "tb-bold tb-ellipsis", dir: "auto", text: around.names[row] }), around.statuses[row] === "FINISHED" ? null : statusMark(around.statuses[row], 14)),
      ...this.axes.map((axis) => line(axis, "tb-medium")), ...others.map((axis) => line(axis, "")), this.click && !hasSlot(slot) ? el("div", { class: "tb-caption tb-muted", text: "Click adds it to the comparison" }) : "");
  }
}
