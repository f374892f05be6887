// The runs around those compared, as the kernel sent them: columns as axes, and where a value lies on one.

const DURATION_COLUMN = "attributes.duration";

class RunsAround {
  /** Of an answer, whose buffers come beside it in the order of its axes, or of a trait, which has them inside. */
  constructor(value, buffers = []) {
    Object.assign(this, { version: value.version, ids: value.ids, names: value.names, statuses: value.statuses, all: value.all });
    this.axes = new Map();
    this.put(value.axes, buffers);
  }

  put(axes, buffers = []) {
    axes.forEach((axis, place) => this.axes.set(axis.id, { ...axis, values: floatsOf(axis.values || buffers[place]) }));
  }

  /** Columns that have changed. */
  learn(value) {
    Object.assign(this, { version: value.version, statuses: value.statuses, all: value.all });
    this.put(value.axes);
  }

  get count() {
    return this.ids.length;
  }

  axis(id) {
    return this.axes.get(id) || null;
  }
}

/** The float64 numbers of a buffer, which begins at any byte. */
function floatsOf(view) {
  const bytes = new Uint8Array(view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view);
  return new Float64Array(bytes.buffer);
}

/** Where a value lies between the ends of an axis: 0 at its low one to 1 at its high one; NaN where it cannot be placed. */
function shareOn(axis, value) {
  const log = axis.kind === "log";
  const at = log ? Math.log(value) : value, low = log ? Math.log(axis.low) : axis.low, high = log ? Math.log(axis.high) : axis.high;
  const share = (at - low) / (high - low);
  return Number.isFinite(share) ? share : NaN;
}

/** The same with the best on top: 0 at the foot to 1 on top. */
function placeOn(axis, value) {
  return axis.goal === "min" ? 1 - shareOn(axis, value) : shareOn(axis, value);
}

/** The value at a place. */
function valueAt(axis, place) {
  const share = axis.goal === "min" ? 1 - place : place;
  if (axis.kind === "log") return Math.exp(Math.log(axis.low) + share * (Math.log(axis.high) - Math.log(axis.low)));
  return axis.low + share * (axis.high - axis.low);
}

/** A value of an axis as people read it. */
function valueText(axis, value) {
  if (Number.isNaN(value)) return "\u2013";
  if (axis.kind === "category") return axis.texts[value] ?? "\u2013";
  if (axis.id === DURATION_COLUMN) return formatDuration(value);
  if (axis.id.startsWith("params.")) return shortNumber(value);
  axis.format ||= columnFormat(axis.values);
  return axis.format(value);
}

/** A number in at most three digits, for conditions and ends of an axis. */
function shortNumber(value) {
  const rounded = Number(value.toPrecision(6));
  const text = rounded !== 0 && (Math.abs(rounded) < 1e-4 || Math.abs(rounded) >= 1e6) ? rounded.toExponential().replace("+", "") : String(rounded);
  return text.replaceAll("-", MINUS);
}

/** The name of an axis with what of a metric it shows. */
function axisTitle(axis) {
  if (axis.id === DURATION_COLUMN) return "duration";
  return axis.id.startsWith("metrics.") ? `${axis.label} ${axis.goal || "last"}` : axis.label;
}

/** Which runs a brush lets through; a run without a value does not pass. */
function passes(axis, brush, value) {
  if (!Number.isFinite(value)) return false;
  if (brush.texts) return brush.texts.includes(axis.texts[value]);
  return (brush.low === null || brush.low === undefined || value >= brush.low) && (brush.high === null || brush.high === undefined || value <= brush.high);
}

/** The rows that pass every brush whose axis is there. */
function rowsWithin(around, brushes) {
  const active = Object.entries(brushes || {}).map(([id, brush]) => [around.axis(id), brush]).filter(([axis]) => axis);
  const rows = [];
  for (let row = 0; row < around.count; row += 1) if (active.every(([axis, brush]) => passes(axis, brush, axis.values[row]))) rows.push(row);
  return rows;
}

/** "val_loss < 0.06", "0.01 ≤ lr ≤ 0.1", "activation = relu". */
function conditionText(axis, brush) {
  if (brush.texts) return brush.texts.length === 1 ? `${axis.label} = ${brush.texts[0]}` : `${axis.label}: ${brush.texts.slice(0, 3).join(", ")}${brush.texts.length > 3 ? ` and ${brush.texts.length - 3} more` : ""}`;
  const text = (value) => (axis.id === DURATION_COLUMN ? formatDuration(value) : shortNumber(Number(value.toPrecision(2))));
  const low = brush.low ?? null, high = brush.high ?? null;
  if (low === null) return `${axis.label} \u2264 ${text(high)}`;
  if (high === null) return `${axis.label} \u2265 ${text(low)}`;
  return `${text(low)} \u2264 ${axis.label} \u2264 ${text(high)}`;
}

/** The rows of a Pareto front by two axes: none of the others is at least as good in both and better in one. */
function paretoFront(x, y) {
  const rows = [];
  for (let row = 0; row < x.values.length; row += 1) if (Number.isFinite(x.values[row]) && Number.isFinite(y.values[row])) rows.push(row);
  const worth = (axis, row) => (axis.goal === "max" ? -1 : 1) * axis.values[row];
  rows.sort((a, b) => worth(x, a) - worth(x, b) || worth(y, a) - worth(y, b));
  const front = [];
  let best = Infinity;
  for (const row of rows) if (worth(y, row) < best) { best = worth(y, row); front.push(row); }
  return front;
}

/** Quartiles, whiskers at most 1.5 times the box long, and how many; values in any order. */
function boxOf(values) {
  const sorted = Float64Array.from(values).sort(), last = sorted.length - 1;
  const quantile = (share) => { const at = share * last, low = Math.floor(at); return sorted[low] + (at - low) * (sorted[Math.min(last, low + 1)] - sorted[low]); };
  const [q1, median, q3] = [quantile(0.25), quantile(0.5), quantile(0.75)], reach = 1.5 * (q3 - q1);
  const within = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  return { count: sorted.length, q1, median, q3, low: within[0], high: within[within.length - 1] };
}
