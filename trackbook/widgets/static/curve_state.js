// What a page knows of a panel's curves: numbered changes go in, redraw requests come out. See curves.py for the messages.

const RESYNC_AGAIN_MS = 2000;
/** Points that a page keeps to draw from when it zooms and no kernel answers: of a series, and of all together. */
const FINE_POINTS = 20000, FINE_BUDGET = 400000;

/** Doubles of a message buffer, copied: a buffer may start at any byte. */
function doublesOf(view) {
  const start = view.byteOffset || 0;
  return new Float64Array((view.buffer || view).slice(start, start + view.byteLength));
}

/** Floats of a message buffer, copied. */
function floatsOf(view) {
  const start = view.byteOffset || 0;
  return new Float32Array((view.buffer || view).slice(start, start + view.byteLength));
}

/** The points of the series of a message: [{x, y, t}], t in seconds after the series' t0. */
function pointsOf(entries, buffers) {
  const times = buffers[2 * entries.length] ? floatsOf(buffers[2 * entries.length]) : new Float32Array(0);
  let start = 0;
  return entries.map((entry, place) => {
    start += entry.n;
    return { x: doublesOf(buffers[2 * place]), y: doublesOf(buffers[2 * place + 1]), t: times.slice(start - entry.n, start) };
  });
}

/** A number of a message; NaN and the infinities travel as text. */
function numberOf(value) {
  return value === null || value === undefined ? null : Number(value);
}

class CurveState {
  /** @param send function that takes a message for the kernel. */
  constructor(send) {
    this.send = send;
    this.seq = -1;
    this.head = null;
    this.charts = [];
    this.series = new Map();
    this.details = new Map();
    this.fine = new Map(); // by generation of a series
    this.listeners = new Set();
    this.missed = false;
    this.askedAt = -Infinity;
    this.clockAhead = 0;
  }

  /** Have `listener` called with a set of metric keys, or null for everything; returns what ends that. */
  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  hello() {
    this.send({ type: "hello" });
  }

  receive(content, buffers = []) {
    if (!content) return;
    if (content.type === "whole") this.takeWhole(content, buffers);
    else if (content.type === "detail") this.takeDetail(content, buffers);
    else if (content.type === "fine") this.takeFine(content, buffers);
    else if ((content.type === "points" || content.type === "head") && this.inOrder(content.seq)) {
      if (content.type === "head") this.takeHead(content.head);
      else this.takePoints(content, buffers);
    }
  }

  /** Whether a numbered change is to be applied; after a gap it is, for the eye, and the whole is asked for. */
  inOrder(seq) {
    if (this.seq >= 0 && seq <= this.seq) return false;
    if (this.seq < 0 || seq > this.seq + 1) {
      this.missed = true;
      this.askWhole();
    }
    if (this.seq < 0) return false;
    this.seq = seq;
    return true;
  }

  askWhole() {
    const now = performance.now();
    if (now - this.askedAt < RESYNC_AGAIN_MS) return;
    this.askedAt = now;
    this.send({ type: "resync", have: this.seq });
  }

  takeWhole(content, buffers) {
    if (content.seq < this.seq) return;
    this.seq = content.seq;
    this.missed = false;
    this.askedAt = -Infinity;
    const before = this.series;
    this.series = new Map();
    const points = pointsOf(content.series, buffers);
    content.series.forEach((entry, place) => this.put(entry, points[place], before.get(entry.id)));
    const alive = new Set(content.series.map((entry) => entry.generation));
    for (const generation of this.fine.keys()) if (!alive.has(generation)) this.fine.delete(generation);
    this.takeHead(content.head);
  }

  takeHead(head) {
    this.head = head;
    this.charts = head.charts;
    this.clockAhead = head.now - Date.now();
    this.tell(null);
  }

  takePoints(content, buffers) {
    const changed = new Set();
    const charts = content.charts || this.charts;
    const reshaped = charts.length !== this.charts.length;
    this.charts = charts;
    const points = pointsOf(content.series, buffers);
    content.series.forEach((entry, place) => {
      this.put(entry, points[place], this.series.get(entry.id));
      changed.add(entry.key);
    });
    this.tell(reshaped ? null : changed);
  }

  put(entry, points, old) {
    const facts = { ...entry, last: numberOf(entry.last) };
    if (!old || entry.whole) {
      if (old && old.facts.generation === entry.generation && old.n > points.x.length) this.keepFine(entry.generation, old);
      this.series.set(entry.id, { facts, ...points, n: points.x.length });
      return;
    }
    const needed = old.n + points.x.length;
    for (const name of ["x", "y", "t"]) {
      if (needed > old[name].length) {
        const wide = new old[name].constructor(Math.max(needed, 2 * old[name].length, 64));
        wide.set(old[name].subarray(0, old.n));
        old[name] = wide;
      }
      old[name].set(points[name], old.n);
    }
    old.n = needed;
    old.facts = facts;
  }

  /** Points that are replaced by fewer stay at hand, after those that stayed before. */
  keepFine(generation, old) {
    const before = this.fine.get(generation);
    const held = { x: old.x.subarray(0, old.n), y: old.y.subarray(0, old.n), t: old.t.subarray(0, old.n) };
    const last = before ? before.x[before.x.length - 1] : -Infinity;
    let start = 0;
    while (start < held.x.length && held.x[start] <= last) start += 1;
    const parts = before ? [before, cut(held, start)] : [held];
    let fine = joined(...parts);
    const limit = Math.max(2000, Math.min(FINE_POINTS, FINE_BUDGET / Math.max(1, this.series.size)));
    if (fine.x.length > limit) fine = picked(fine, thinPlaces(fine.y, limit / 2));
    this.fine.set(generation, fine);
  }

  takeFine(content, buffers) {
    const points = pointsOf(content.series, buffers);
    content.series.forEach((entry, place) => {
      const before = this.fine.get(entry.generation);
      if (!before || before.x.length < points[place].x.length) this.fine.set(entry.generation, points[place]);
    });
    this.tell(new Set([...this.series.values()].map((one) => one.facts.key)));
  }

  takeDetail(content, buffers) {
    const points = pointsOf(content.series, buffers);
    const series = new Map(content.series.map((entry, place) => [entry.generation, points[place]]));
    this.details.set(content.key, { low: content.low, high: content.high, series });
    this.tell(new Set([content.key]));
  }

  /** Ask for finer points of a metric within a range, if any of its series was thinned; null forgets those there are. */
  zoom(key, range) {
    if (!range) {
      if (this.details.delete(key)) this.tell(new Set([key]));
    } else if (this.of(key).some((one) => one.facts.count > one.n)) {
      this.send({ type: "zoom", key, low: range[0], high: range[1] });
    }
  }

  /** The series of a metric, in the order of the runs. */
  of(key) {
    return [...this.series.values()].filter((one) => one.facts.key === key).sort((a, b) => a.facts.run - b.facts.run);
  }

  /** What to draw of a series: its points; where the user zoomed in, the finest that there are. */
  points(one, zoomed = false) {
    let points = { x: one.x.subarray(0, one.n), y: one.y.subarray(0, one.n), t: one.t.subarray(0, one.n) };
    if (!zoomed) return points;
    const detail = this.details.get(one.facts.key);
    for (const finer of [this.fine.get(one.facts.generation), detail && detail.series.get(one.facts.generation)]) {
      if (finer && finer.x.length) points = replaced(points, finer);
    }
    return points;
  }

  tell(keys) {
    for (const listener of this.listeners) listener(keys);
  }
}

/** Points with others in their place from the first to the last of these. */
function replaced(points, finer) {
  const first = finer.x[0], last = finer.x[finer.x.length - 1];
  let before = 0;
  while (before < points.x.length && points.x[before] < first) before += 1;
  let after = before;
  while (after < points.x.length && points.x[after] <= last) after += 1;
  return joined(cut(points, 0, before), finer, cut(points, after));
}

function cut(points, start, stop) {
  return { x: points.x.subarray(start, stop), y: points.y.subarray(start, stop), t: points.t.subarray(start, stop) };
}

function joined(...parts) {
  const length = parts.reduce((sum, part) => sum + part.x.length, 0);
  const all = { x: new Float64Array(length), y: new Float64Array(length), t: new Float32Array(length) };
  let place = 0;
  for (const part of parts) {
    for (const name of ["x", "y", "t"]) all[name].set(part[name], place);
    place += part.x.length;
  }
  return all;
}

function picked(points, places) {
  if (!places) return points;
  return { x: Float64Array.from(places, (at) => points.x[at]), y: Float64Array.from(places, (at) => points.y[at]), t: Float32Array.from(places, (at) => points.t[at]) };
}
