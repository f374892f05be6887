// What a page knows of a panel's curves: numbered changes go in, redraw requests come out. See curves.py for the messages.

const RESYNC_AGAIN_MS = 2000;

/** Doubles of a message buffer, copied: a buffer may start at any byte. */
function doublesOf(view) {
  const start = view.byteOffset || 0;
  return new Float64Array((view.buffer || view).slice(start, start + view.byteLength));
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
    this.series = new Map();
    content.series.forEach((entry, place) => this.put(entry, doublesOf(buffers[2 * place]), doublesOf(buffers[2 * place + 1])));
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
    content.series.forEach((entry, place) => {
      this.put(entry, doublesOf(buffers[2 * place]), doublesOf(buffers[2 * place + 1]));
      changed.add(entry.key);
    });
    this.tell(reshaped ? null : changed);
  }

  put(entry, x, y) {
    const old = this.series.get(entry.id);
    const facts = { ...entry, last: numberOf(entry.last) };
    if (!old || entry.whole) {
      this.series.set(entry.id, { facts, x, y, n: x.length });
      return;
    }
    const needed = old.n + x.length;
    if (needed > old.x.length) {
      const room = Math.max(needed, 2 * old.x.length, 64);
      const [wideX, wideY] = [new Float64Array(room), new Float64Array(room)];
      wideX.set(old.x.subarray(0, old.n));
      wideY.set(old.y.subarray(0, old.n));
      old.x = wideX;
      old.y = wideY;
    }
    old.x.set(x, old.n);
    old.y.set(y, old.n);
    old.n = needed;
    old.facts = facts;
  }

  takeDetail(content, buffers) {
    const series = new Map();
    content.series.forEach((entry, place) => series.set(entry.id, { x: doublesOf(buffers[2 * place]), y: doublesOf(buffers[2 * place + 1]) }));
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

  /** What to draw of a series: its points, the finer ones in place of the coarse where the user zoomed in. */
  points(one) {
    const x = one.x.subarray(0, one.n), y = one.y.subarray(0, one.n);
    const detail = this.details.get(one.facts.key);
    const fine = detail && detail.series.get(one.facts.id);
    if (!fine || !fine.x.length) return [x, y];
    const first = fine.x[0], last = fine.x[fine.x.length - 1];
    let before = 0;
    while (before < x.length && x[before] < first) before += 1;
    let after = before;
    while (after < x.length && x[after] <= last) after += 1;
    return [joinDoubles(x.subarray(0, before), fine.x, x.subarray(after)), joinDoubles(y.subarray(0, before), fine.y, y.subarray(after))];
  }

  tell(keys) {
    for (const listener of this.listeners) listener(keys);
  }
}

function joinDoubles(...parts) {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}
