// How a run and an experiment look in the list. Everything that somebody logged becomes text, and nothing else.

/** The number of a member that is a number, or text where JSON has none. */
function numberOf(value) {
  return typeof value === "string" ? { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity }[value] ?? NaN : value;
}

/** Three digits that tell something. */
function shortNumber(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || Number.isInteger(value)) return numberFormat(0)(value);
  if (size < 0.001 || size >= 1e6) return numberFormat(null)(value);
  return numberFormat(Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size)))))(value);
}

/** A curve as small as a word. */
function sparkEl(spark, live) {
  const width = 56, height = 20;
  let path = "", pen = "M", end = null;
  spark.x.forEach((x, place) => {
    const y = spark.y[place];
    if (y === null) { pen = "M"; return; }
    end = [3 + x * (width - 8), height - 4 - (y / 100) * (height - 8)];
    path += `${pen}${end[0].toFixed(1)} ${end[1].toFixed(1)}`;
    pen = "L";
  });
  return svgEl("svg", { class: "tb-lab-spark", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", "data-live": live ? "true" : null },
    svgEl("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linejoin": "round" }),
    end ? svgEl("circle", { cx: end[0].toFixed(1), cy: end[1].toFixed(1), r: 2, fill: "currentColor" }) : null);
}

/** What the second line says, as pieces with dots between them. */
function runFacts(run, here) {
  const facts = [], metric = run.metric;
  const running = run.status === "RUNNING";
  if (running && run.step !== undefined) facts.push(["", run.of ? `step ${groupDigits(run.step)} of ${groupDigits(String(run.of))}` : `step ${groupDigits(run.step)}`]);
  if (run.error) facts.push(["tb-lab-bad", run.error]);
  else if (metric) facts.push([Number.isNaN(numberOf(metric.value)) ? "tb-nan" : "tb-num", `${metric.key} ${shortNumber(numberOf(metric.value))}`]);
  if (run.status === "LOST") facts.push(["tb-lab-bad", "no sign of life"]);
  if (!running) facts.push(["tb-lab-age", formatAge(run.end ?? run.start)]);
  else if (here) facts.push(["", "this notebook"]);
  else if (run.source && !run.source.startsWith("-")) facts.push(["", baseName(run.source)]);
  return facts;
}

function baseName(path) {
  return path.split(/[\\/]/).pop();
}

/** Everything about a run, for hover. */
function runTitle(run) {
  const metric = run.metric;
  const lines = [run.name, `${STATUS_WORDS[run.status] ?? run.status} in ${run.experiment}`];
  if (metric) lines.push(`${metric.key}${metric.goal ? ` ${metric.goal}` : ""} ${fullNumber(numberOf(metric.value))} at step ${metric.step}, last ${fullNumber(numberOf(metric.last))}`);
  if (run.start !== null) lines.push(`started ${formatMoment(run.start)}`);
  if (run.end !== null) lines.push(`ended ${formatMoment(run.end)}`);
  if (run.source) lines.push(run.source);
  if (run.error) lines.push(run.error);
  return lines.join("\n");
}

/** A run: status, name and curve, facts below, and how far it has come. */
function runItem(run, { key = `run ${run.id}`, here = false, level = 1 } = {}) {
  const facts = runFacts(run, here), live = run.status === "RUNNING";
  const words = facts.map(([kind, text]) => el("span", { class: kind || null, dir: "auto", text }));
  const share = live && run.of ? Math.min(1, Number(run.step) / run.of) : null;
  const label = [run.name, (STATUS_WORDS[run.status] ?? run.status).toLowerCase(), ...facts.map(([, text]) => text), run.experiment].join(", ");
  return el("div", { class: "tb-lab-item tb-lab-run", role: "treeitem", tabindex: -1, "aria-level": level, "aria-label": label, title: runTitle(run), "data-key": key, "data-here": here && live ? "true" : null },
    statusMark(run.status),
    el("span", { class: "tb-lab-name tb-ellipsis tb-medium", dir: "auto", text: run.name }),
    run.spark ? sparkEl(run.spark, live) : el("span", { class: "tb-caption tb-muted", text: run.metric ? "" : "no points" }),
    el("span", { class: "tb-lab-facts tb-small tb-ellipsis" }, words.flatMap((word, place) => (place ? [" · ", word] : [word]))),
    share === null ? null : el("span", { class: "tb-lab-bar", "aria-hidden": "true" }, el("span", { style: { width: `${(share * 100).toFixed(1)}%` } })));
}

/** An experiment: its name, whether something runs in it, how many runs it has. */
function experimentItem(experiment, open) {
  const total = groupDigits(String(experiment.total));
  const label = `${experiment.name}, ${total} run${experiment.total === 1 ? "" : "s"}${experiment.running ? ", running" : ""}`;
  return el("div", { class: "tb-lab-item tb-lab-experiment", role: "treeitem", tabindex: -1, "aria-level": 1, "aria-expanded": String(open), "aria-label": label, title: experiment.name, "data-key": `experiment ${experiment.id}` },
    icon(open ? "down" : "right"), icon("flask"),
    el("span", { class: "tb-lab-name tb-ellipsis", dir: "auto", text: experiment.name }),
    experiment.running ? statusMark("RUNNING", 13) : null,
    el("span", { class: "tb-num tb-muted tb-lab-count", text: total }));
}

/** A line that leads on: more runs, or more experiments. */
function moreItem(key, text, level = 1) {
  return el("div", { class: "tb-lab-item tb-lab-more tb-small", role: "treeitem", tabindex: -1, "aria-level": level, "data-key": key, text });
}
