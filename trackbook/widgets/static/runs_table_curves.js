// The column of curves: one metric of each run, as small as a word, read for the rows that one sees.

const CURVE_WIDTH = 84, CURVE_HEIGHT = 20, CURVES_AFTER_MS = 80, MOST_CURVES_KEPT = 4000;

/** The column as the layout knows it; it is no data, so it neither sorts nor filters. */
class CurveColumn {
  constructor(metric) {
    Object.assign(this, { kind: "curve", group: "attributes", key: "curve", id: "attributes.curve", title: metric.key, metric, goal: null, numeric: false, shown: "" });
  }

  differs() {
    return true;
  }

  scopeTo() {}
}

/** A curve as SVG. `scale` is {low, high, log, last}. */
function curvePicture(curves, scale, strokes) {
  const svg = svgEl("svg", { class: "rt-curvecell", width: CURVE_WIDTH, height: CURVE_HEIGHT, viewBox: `0 0 ${CURVE_WIDTH} ${CURVE_HEIGHT}`, "aria-hidden": "true" });
  curves.forEach(({ x, y }, place) => {
    const { path, end } = curvePath(x, y, scale), { color, opacity = 1 } = strokes[place];
    if (!end) return;
    svg.append(svgEl("path", { d: path, fill: "none", "stroke-width": 1.4, "stroke-linejoin": "round", style: { stroke: color, opacity } }),
      svgEl("circle", { cx: end[0], cy: end[1], r: 2, style: { fill: color, opacity } }));
  });
  return svg;
}

function curvePath(x, y, { low, high, log, last }) {
  const span = high - low || 1, width = CURVE_WIDTH - 6, height = CURVE_HEIGHT - 6;
  let path = "", pen = false, end = null;
  for (let place = 0; place < x.length; place += 1) {
    const value = log ? Math.log(y[place]) : y[place];
    if (!Number.isFinite(value)) { pen = false; continue; }
    const across = (2 + (x[place] / (last || 1)) * width).toFixed(1);
    const down = (3 + (1 - Math.min(1, Math.max(0, (value - low) / span))) * height).toFixed(1);
    path += `${pen ? "L" : "M"}${across} ${down}`;
    pen = true;
    end = [across, down];
  }
  return { path, end };
}

const curveDeeds = {
  /** The metric whose curves are shown: the chosen one, the one that is sorted by, else the first that has a curve. */
  curveMetric() {
    if (!(this.model.get("_about") || {}).stored) return null;
    const metrics = this.table.columns.filter(({ kind, several }) => kind === "metric" && several);
    const named = this.curve && this.table.byId.get(`metrics.${this.curve}`);
    if (named) return named;
    return metrics.find(({ id }) => this.sorting.some((each) => each.id === id)) || metrics.find(({ goal, key }) => goal === "min" && /val/i.test(key)) || metrics.find(({ goal }) => goal === "min") || metrics[0] || null;
  },

  curveColumn() {
    const metric = this.curveMetric();
    if (!metric) return null;
    if (this.curvesOf?.metric !== metric.key) this.curvesOf = { metric: metric.key, kept: new Map(), last: 0 };
    return new CurveColumn(metric);
  },

  /** One scale for the column, logarithmic for losses that span much. */
  curveScale(metric) {
    return this.cached("curves", metric, () => {
      const { min = metric.numbers, max = metric.numbers } = metric.aggregates;
      const sorted = (values) => Float64Array.from(this.order, (row) => values[row]).filter(Number.isFinite).sort();
      const lows = sorted(min), highs = sorted(max), at = (values, share) => values[Math.round(share * (values.length - 1))];
      // What diverged is cut off at the edge, so that the others are not flat.
      const low = at(lows, metric.goal === "max" ? .1 : 0), high = at(highs, metric.goal === "max" ? 1 : .8);
      const log = metric.goal === "min" && low > 0 && high / low > 8;
      return log ? { low: Math.log(low), high: Math.log(high), log } : { low, high, log };
    });
  },

  /** What a row's curve depends on: with another stamp it is read again. */
  curveStamp(metric, row) {
    return `${metric.aggregates.last[row]} ${metric.aggregates.min?.[row]} ${metric.aggregates.max?.[row]}`;
  },

  curveNode(column, rows, strokes) {
    const kept = rows.map((row) => this.curvesOf.kept.get(this.table.ids[row]));
    const known = kept.map((each, place) => [each, strokes[place]]).filter(([each]) => each?.x.length);
    if (!known.length) return null;
    const scale = { ...this.curveScale(column.metric), last: this.curvesOf.last };
    return curvePicture(known.map(([each]) => each), scale, known.map(([, stroke]) => stroke));
  },

  /** Ask for the curves of the rows in view that are not here; one question at a time. */
  wantCurves() {
    const column = this.columns.find(({ kind }) => kind === "curve") || (this.narrow ? this.narrowCurve : null);
    if (!column || this.curvesAsked || this.curvesTimer) return;
    this.curvesTimer = setTimeout(() => { this.curvesTimer = null; this.askCurves(column); }, CURVES_AFTER_MS);
  },

  missingCurves({ metric }) {
    const rows = [];
    for (const position of this.rows.keys()) {
      const group = this.groupAt(position);
      rows.push(...(group ? group.rows.slice(0, 8) : [this.lines[position]]));
    }
    return rows.filter((row) => row !== undefined && row < this.table.rows && !Number.isNaN(metric.aggregates.last[row]) && this.curvesOf.kept.get(this.table.ids[row])?.stamp !== this.curveStamp(metric, row)).slice(0, 120);
  },

  async askCurves(column) {
    const { metric, kept } = this.curvesOf, rows = this.missingCurves(column);
    if (!rows.length || column.metric.key !== metric) return;
    const asked = rows.map((row) => [this.table.ids[row], this.curveStamp(column.metric, row)]);
    this.curvesAsked = true;
    try {
      const { value, buffers } = await this.asker.ask("curves_of", { key: metric, run_ids: asked.map(([id]) => id) });
      this.keepCurves(kept, asked, value.counts, typedArray(Float32Array, buffers[0]));
    } catch {
      for (const [id, stamp] of asked) kept.set(id, { stamp, x: [], y: [] }); // a cell stays empty; the table is what counts
    }
    this.curvesAsked = false;
    if (this.curvesOf.kept === kept) this.drawRows(true);
  },

  keepCurves(kept, asked, counts, numbers) {
    if (kept.size > MOST_CURVES_KEPT) kept.clear();
    let from = 0;
    asked.forEach(([id, stamp], place) => {
      const x = numbers.slice(from, from + counts[place]), y = numbers.slice(numbers.length / 2 + from, numbers.length / 2 + from + counts[place]);
      from += counts[place];
      if (x.length) this.curvesOf.last = Math.max(this.curvesOf.last, x[x.length - 1]);
      kept.set(id, { stamp, x, y });
    });
  },
};
