// From the points that a page holds to the lines of a chart, as the view wants them, and to plotly's traces.
// Put after curve_math.js and curve_state.js.

const RAW_OPACITY = .28, RAW_OPACITY_DARK = .32, BAND_OPACITY = .14, GREY_OPACITY = .16;
const X_WORDS = { step: "Step", time: "Time", relative: "Relative" };

/** The settings of a panel, whatever its trait says; curve_view.py reads them so, too. */
function readView(view) {
  const one = view || {};
  const metric = one.x && typeof one.x === "object" && one.x.metric ? String(one.x.metric) : null;
  return {
    keys: Array.isArray(one.keys) ? [...new Set(one.keys.map(String))] : null,
    x: metric === null && X_WORDS[one.x] ? one.x : "step", metric,
    smooth: Number.isFinite(one.smooth) ? Math.min(.99, Math.max(0, one.smooth)) : 0,
    log: one.log !== false, best: one.best === true, clip: one.clip === true,
    by: typeof one.by === "string" && /^(params|tags)\./.test(one.by) ? one.by : "",
    columns: [1, 2, 3].includes(one.columns) ? one.columns : null,
    axes: one.axes && typeof one.axes === "object" ? one.axes : {},
    zoom: one.zoom && typeof one.zoom === "object" ? one.zoom : {},
    hidden: new Set(Array.isArray(one.hidden) ? one.hidden.map(String) : []),
  };
}

/** Milliseconds since 1970 as plotly is to read them, which knows no time zone: the clock on the wall. */
function wallClock(ms) {
  return ms - new Date(ms).getTimezoneOffset() * 60000;
}

/** The unit of times since a run's start, by the longest: [seconds of it, its word]. */
function relativeUnit(seconds) {
  return seconds > 7200 ? [3600, "h"] : seconds > 180 ? [60, "min"] : [1, "s"];
}

/** Seconds between the start of its run and the beginning of a series. */
function startOf(one, run) {
  return run && run.start !== null && run.start !== undefined && one.facts.t0 ? (one.facts.t0 - run.start) / 1000 : 0;
}

/** Where the points of a series lie along the x axis; null where its run lacks the metric of that axis. */
function placesAlong(state, one, points, view, unit) {
  if (view.metric !== null) {
    const other = state.series.get(`${one.facts.run}/${view.metric}`);
    return other ? valuesAt(...stepsAndValues(state, other), points.x) : null;
  }
  if (view.x === "time") return Float64Array.from(points.t, (second) => wallClock(one.facts.t0 + 1000 * second));
  if (view.x === "relative") {
    const start = startOf(one, state.head.runs[one.facts.run]);
    return Float64Array.from(points.t, (second) => (start + second) / unit[0]);
  }
  return points.x;
}

function stepsAndValues(state, one) {
  const { x, y } = state.points(one, true);
  return [x, y];
}

/** The unit of a chart's relative times. */
function unitOf(state, series) {
  const ends = series.map((one) => startOf(one, state.head.runs[one.facts.run]) + (one.n ? one.t[one.n - 1] : 0));
  return relativeUnit(Math.max(0, ...ends));
}

/** The lines of a chart: {lines: [{run, place, slot, grey, x, y, raw, steps}], missing: runs that lack the x axis' metric}. */
function chartLines(state, view, key, goal, zoomed) {
  const series = state.of(key).filter((one) => !view.hidden.has((state.head.runs[one.facts.run] || {}).id));
  const unit = unitOf(state, series);
  const lines = [];
  let missing = 0;
  for (const one of series) {
    const run = state.head.runs[one.facts.run] || {};
    const points = state.points(one, zoomed);
    const x = placesAlong(state, one, points, view, unit);
    if (!x) { missing += 1; continue; }
    const grey = Boolean(run.grey) || !hasSlot(run.slot);
    const best = view.best && goal ? bestSoFar(points.y, goal) : points.y;
    const y = smoothed(best, view.smooth);
    lines.push({ run, place: one.facts.run, slot: run.slot, grey, context: Boolean(run.grey), x, y, raw: y === points.y ? null : points.y, steps: points.x });
  }
  return { lines, missing, unit };
}

/** The value of a run that a view groups by; null where it has none. */
function groupValue(run, by) {
  const [, kind, key] = by.match(/^(params|tags)\.([\s\S]*)$/) || [];
  return kind && run[kind] && Object.hasOwn(run[kind], key) ? String(run[kind][key]) : null;
}

/** The runs shown in groups, by first slot: {name, slot, lines, x, mean, sd, n}. */
function groupsOf(lines, by) {
  const groups = new Map();
  for (const line of lines) {
    if (line.context) continue;
    const value = groupValue(line.run, by);
    if (!groups.has(value)) groups.set(value, []);
    groups.get(value).push(line);
  }
  const word = by.replace(/^(params|tags)\./, "");
  return [...groups].map(([value, members]) => {
    const slots = members.map((one) => one.slot).filter(hasSlot);
    const name = value === null ? `no ${word}` : `${word} ${value}`;
    return { name, slot: slots.length ? Math.min(...slots) : null, members, ...meanAndBand(members.map(sortedByX)) };
  });
}

/** Index of the last point that can be drawn, or -1. */
function lastDrawn(x, y, log) {
  for (let place = y.length - 1; place >= 0; place -= 1) if (Number.isFinite(y[place]) && Number.isFinite(x[place]) && (!log || y[place] > 0)) return place;
  return -1;
}

/** The end of a curve with its run's mark. */
function endMark(x, y, slot, meta, log, tokens) {
  const end = lastDrawn(x, y, log);
  if (end < 0 || !hasSlot(slot)) return [];
  const marker = { color: runHex(slot, tokens.dark), symbol: runSymbol(slot), size: runMarkSize(slot), line: { width: 1, color: tokens.bg } };
  return [{ x: [x[end]], y: [y[end]], mode: "markers", marker, meta, cliponaxis: false, hoverinfo: "skip" }];
}

/** The traces of one run; `room` is how many points are drawn of it at most. */
function runTraces(line, log, tokens, room) {
  const picks = thinPlaces(line.y, room);
  const [x, y] = [numbersAt(line.x, picks), numbersAt(line.y, picks)];
  const meta = line.place;
  if (line.grey) return [{ x, y, mode: "lines", line: { color: tokens.ink2, width: 1 }, opacity: GREY_OPACITY, meta, hoverinfo: "skip" }];
  const color = runHex(line.slot, tokens.dark);
  const pen = { color, width: 1.9, dash: runDash(line.slot) };
  const main = { x, y, mode: "lines", line: pen, hoverinfo: "none", meta, customdata: numbersAt(line.steps, picks), connectgaps: false };
  if (!line.raw) return [main, ...endMark(x, y, line.slot, meta, log, tokens)];
  const places = thinPlaces(line.raw, room);
  const behind = { x: numbersAt(line.x, places), y: numbersAt(line.raw, places), mode: "lines", line: { color, width: 1 }, opacity: tokens.dark ? RAW_OPACITY_DARK : RAW_OPACITY, meta, hoverinfo: "skip" };
  return [behind, { ...main, text: numbersAt(line.raw, picks) }, ...endMark(x, y, line.slot, meta, log, tokens)];
}

/** The traces of a group: band and mean. A band that falls below zero ends on a logarithmic axis at its least mean. */
function groupTraces(group, place, log, tokens) {
  const color = hasSlot(group.slot) ? runHex(group.slot, tokens.dark) : tokens.ink2;
  const floor = log ? Math.min(...[...group.mean].filter((value) => value > 0)) / 2 : -Infinity;
  const edge = (sign) => group.mean.map((mean, at) => Math.max(floor, mean + sign * (group.sd[at] || 0)));
  const meta = `group ${place}`;
  const band = { x: group.x, mode: "lines", line: { width: 0, color }, hoverinfo: "skip", meta, connectgaps: false };
  const line = { x: group.x, y: group.mean, mode: "lines", line: { color, width: 1.9, dash: runDash(group.slot) }, hoverinfo: "none", meta, connectgaps: false };
  const some = group.sd.some(Number.isFinite);
  return [...(some ? [{ ...band, y: edge(-1) }, { ...band, y: edge(1), fill: "tonexty", fillcolor: withOpacity(color, BAND_OPACITY) }] : []),
    line, ...endMark(group.x, group.mean, group.slot, meta, log, tokens)];
}

/** A colour in hex or rgb() with an opacity. */
function withOpacity(color, opacity) {
  const parts = color.startsWith("#") ? [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)) : color.match(/[\d.]+/g).slice(0, 3);
  return `rgba(${parts.join(",")},${opacity})`;
}

/** The steps between which the points within a range of x lie: [least, greatest], or null. */
function stepsWithin(lines, [low, high]) {
  let least = Infinity, greatest = -Infinity;
  for (const { x, steps } of lines) {
    for (let place = 0; place < x.length; place += 1) {
      // the neighbours of a range belong to it: between two points there may be thousands that the page lacks
      const next = place + 1 < x.length ? x[place + 1] : x[place], before = place ? x[place - 1] : x[place];
      if (Math.max(x[place], next) < low || Math.min(x[place], before) > high) continue;
      least = Math.min(least, steps[place]);
      greatest = Math.max(greatest, steps[place]);
    }
  }
  return least <= greatest ? [least, greatest] : null;
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
