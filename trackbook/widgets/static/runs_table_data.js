// The columns of the runs table in the browser: decoded from buffers, sorted, compared. No element is made here.

const AGGREGATE_WORDS = { last: "last", min: "minimum", max: "maximum" };
const GROUP_TITLES = { attributes: "Attributes", metrics: "Metrics", params: "Params", tags: "Tags" };
const ATTRIBUTE_TITLES = { run_name: "Run", status: "Status", start_time: "Started", end_time: "Ended", duration: "Duration", user_id: "User", experiment: "Experiment", run_id: "Run id", origin: "Origin" };
const collator = new Intl.Collator(undefined, { numeric: true });

/** A buffer of the kernel as a typed array; it may start at any byte, so it is copied. */
function typedArray(Kind, buffer) {
  return new Kind(buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength));
}

/** A column: id "metrics.val_loss", group, key, title; text columns have texts and codes, others numbers. */
class RunColumn {
  constructor(plain, buffers, rows) {
    Object.assign(this, { kind: plain.kind, group: plain.group, key: plain.key, goal: plain.goal || null, cut: Boolean(plain.cut) });
    this.id = `${plain.group}.${plain.key}`;
    this.title = this.group === "attributes" ? ATTRIBUTE_TITLES[this.key] || this.key : this.key;
    this.rows = rows;
    this.formats = {};
    if (this.kind === "text") {
      this.texts = plain.texts;
      this.codes = plain.codes instanceof Int32Array ? plain.codes : typedArray(Int32Array, buffers[plain.codes]);
    } else if (this.kind === "metric") {
      const seen = new Map();
      const read = (place) => { if (!seen.has(place)) seen.set(place, place instanceof Float64Array ? place : typedArray(Float64Array, buffers[place])); return seen.get(place); };
      this.aggregates = Object.fromEntries(Object.entries(plain.values).map(([name, place]) => [name, read(place)]));
      this.loggedNan = plain.nan instanceof Set ? plain.nan : new Set(typedArray(Int32Array, buffers[plain.nan]));
      this.several = seen.size > 1;
      this.shown = this.goal && this.aggregates[this.goal] ? this.goal : "last";
    } else {
      this.values = plain.values instanceof Float64Array ? plain.values : typedArray(Float64Array, buffers[plain.values]);
    }
  }

  /** Whether each of its texts is a number, so that it sorts and aligns as one. */
  get numeric() {
    if (this.kind !== "text") return this.group !== "attributes" || this.key === "duration";
    this.isNumeric ??= this.group !== "attributes" && this.texts.length > 0 && this.texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
    return this.isNumeric;
  }

  /** Its numbers: of a metric, those of the aggregate that it shows. */
  get numbers() {
    return this.kind === "metric" ? this.aggregates[this.shown] : this.values;
  }

  text(row) {
    const code = this.codes[row];
    return code < 0 || code === undefined ? null : this.texts[code];
  }

  /** Numbers that sort as the column does; NaN for what is missing. */
  sortKeys() {
    if (this.kind !== "text") return this.numbers;
    this.ranks ??= this.rankTexts();
    return Float64Array.from(this.codes, (code) => (code < 0 ? NaN : this.ranks[code]));
  }

  rankTexts() {
    if (this.numeric) return this.texts.map(Number);
    const order = this.texts.map((_, code) => code).sort((a, b) => collator.compare(this.texts[a], this.texts[b]));
    const ranks = new Float64Array(order.length);
    order.forEach((code, rank) => { ranks[code] = rank; });
    return ranks;
  }

  /** The one format of the column as it is shown. */
  get format() {
    if (this.kind !== "metric") return formatDuration;
    return (this.formats[this.shown] ??= columnFormat(this.scope ? Array.from(this.scope, (row) => this.numbers[row]) : this.numbers));
  }

  /** The rows whose values decide the format: those that a filter leaves. */
  scopeTo(rows) {
    this.scope = rows;
    this.formats = {};
  }

  /** Whether the rows do not all show the same. */
  differs(order) {
    if (order.length < 2) return false;
    const values = this.kind === "text" ? this.codes : this.numbers;
    const first = values[order[0]];
    for (const row of order) if (!Object.is(values[row], first)) return true;
    return false;
  }
}

/** What the kernel sent, as {rows, total, ids, index, columns, byId}; `meta.spans` cuts one buffer into many. */
function decodeTable(meta, buffers, now = Date.now()) {
  const parts = buffersOf(meta, buffers), rows = meta.rows || 0;
  const lost = new Set(meta.lost === undefined ? [] : typedArray(Int32Array, parts[meta.lost]));
  const columns = (meta.columns || []).map((plain) => new RunColumn(plain, parts, rows));
  return finishTable({ rows, total: meta.total || rows, ids: meta.ids || [], columns, lost }, now);
}

function buffersOf(meta, buffers) {
  if (!meta.spans) return buffers;
  const [whole] = buffers;
  return meta.spans.map(([start, length]) => new DataView(whole.buffer, whole.byteOffset + start, length));
}

/** Add what follows from the columns: how long runs took, their ids as text, and which run is whose parent. */
function finishTable(table, now) {
  const { rows, ids, columns, lost } = table;
  const byId = new Map(columns.map((column) => [column.id, column]));
  const add = (plain) => { const column = new RunColumn(plain, [], rows); columns.push(column); byId.set(column.id, column); };
  const [start, end, status] = ["start_time", "end_time", "status"].map((key) => byId.get(`attributes.${key}`));
  if (start && end) {
    const running = (row) => status?.text(row) === "RUNNING" && !lost.has(row);
    const lasted = Float64Array.from({ length: rows }, (_, row) => (Number.isNaN(end.values[row]) && running(row) ? now : end.values[row]) - start.values[row]);
    add({ kind: "duration", group: "attributes", key: "duration", values: lasted });
  }
  add({ kind: "text", group: "attributes", key: "run_id", texts: ids, codes: Int32Array.from(ids, (_, row) => row) });
  const source = byId.get("tags.mlflow.source.type");
  if (source) add({ kind: "text", group: "attributes", key: "origin", texts: source.texts, codes: source.codes });
  const index = new Map(ids.map((id, row) => [id, row]));
  return { ...table, index, byId, parents: parentRows(byId.get("tags.mlflow.parentRunId"), index, rows) };
}

/** The row of each row's parent, -1 for none that is here; null where no run has one. */
function parentRows(column, index, rows) {
  if (!column) return null;
  const known = column.texts.map((id) => index.get(id) ?? -1);
  const parents = Int32Array.from({ length: rows }, (_, row) => { const code = column.codes[row]; return code < 0 || known[code] === row ? -1 : known[code]; });
  return parents.some((parent) => parent >= 0) ? parents : null;
}

/** The text of a run's tag, or null. */
function tagOf(table, row, key) {
  return table.byId.get(`tags.${key}`)?.text(row) ?? null;
}

/** Whether somebody has starred a run. */
function isStarred(table, row) {
  return tagOf(table, row, "trackbook.star") === "true";
}

/** A run's name, or its id where it has none. */
function runName(table, row) {
  return table.byId.get("attributes.run_name")?.text(row) || table.ids[row];
}

/** A run's status, LOST where its process is gone. */
function runStatus(table, row) {
  return table.lost.has(row) ? "LOST" : table.byId.get("attributes.status")?.text(row) || "SCHEDULED";
}

/** Row numbers sorted by columns [{id, descending}]; NaN and missing last both ways, ties as they were. */
function sortRows(table, rows, sorting) {
  const order = Int32Array.from(rows);
  const keys = sorting.filter(({ id }) => table.byId.has(id)).map(({ id, descending }) => [table.byId.get(id).sortKeys(), descending ? -1 : 1]);
  if (!keys.length) return order;
  return order.sort((a, b) => {
    for (const [values, sign] of keys) {
      const x = values[a], y = values[b];
      if (x < y) return -sign;
      if (x > y) return sign;
      if (x !== y && (x !== x) !== (y !== y)) return x !== x ? 1 : -1;
    }
    return a - b;
  });
}

/** The best value of a metric among some rows, where its name says what is best and it is not everywhere; else null. */
function bestOf(column, order) {
  if (column.kind !== "metric" || !column.goal || order.length < 2) return null;
  const sign = column.goal === "min" ? 1 : -1, values = column.numbers;
  let best = null, ties = 0, finite = 0;
  for (const row of order) {
    const value = values[row];
    if (!Number.isFinite(value)) continue;
    finite += 1;
    if (best === null || sign * value < sign * best) { best = value; ties = 1; } else if (value === best) ties += 1;
  }
  return finite > 1 && ties <= Math.max(2, finite / 5) ? best : null;
}

/** A function value -> 0 to 1 for the rank bar: 1 is the best (or first) of the shown rows, by magnitude where they span decades. */
function rankScale(column, order, descending) {
  const finite = Float64Array.from(order, (row) => column.numbers[row]).filter(Number.isFinite).sort();
  if (!finite.length) return () => 0;
  const goal = column.goal || (descending ? "max" : "min");
  const at = (share) => finite[Math.round(share * (finite.length - 1))];
  const [low, high] = goal === "min" ? [finite[0], at(0.95)] : [at(0.05), finite[finite.length - 1]];
  const log = low > 0 && high / low > 4;
  const [from, to] = log ? [Math.log(low), Math.log(high)] : [low, high];
  return (value) => {
    const share = to > from ? ((log ? Math.log(Math.max(value, 1e-300)) : value) - from) / (to - from) : 1;
    return Math.min(1, Math.max(0, goal === "min" && to > from ? 1 - share : share));
  };
}

/** The colour slots after a change of selection: kept by run id, else the lowest free one, none beyond 24. */
function slotsOf(selected, before) {
  const slots = {};
  for (const id of selected) if (before[id]) slots[id] = before[id];
  const taken = new Set(Object.values(slots));
  let next = 1;
  for (const id of selected) {
    while (taken.has(next)) next += 1;
    if (next > RUN_SLOTS) break;
    if (!slots[id]) { slots[id] = next; taken.add(next); }
  }
  return slots;
}
