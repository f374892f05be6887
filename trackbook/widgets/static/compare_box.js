// A metric by groups of runs: a box a group, with every run as a mark beside it.

const MOST_GROUPS = 24;

/** The groups of a column: its categories, or its distinct numbers; each with the rows that have the value of `y`. */
function groupsOf(axis, y) {
  const groups = new Map();
  for (let row = 0; row < axis.values.length; row += 1) {
    const value = axis.values[row];
    if (!Number.isFinite(value) || !Number.isFinite(y.values[row])) continue;
    if (!groups.has(value)) groups.set(value, []);
    groups.get(value).push(row);
  }
  return [...groups].sort((a, b) => a[0] - b[0]).map(([value, rows]) => ({ value, rows, text: valueText(axis, value) }));
}

function drawBoxes(panel, box, { by, y: metric }) {
  const { around } = panel, axis = by ? around.axis(by) : null, y = metric ? around.axis(metric) : null;
  if (!axis || !y) return { said: "Choose a metric and a param to group by." };
  const all = groupsOf(axis, y), groups = all.slice(0, MOST_GROUPS);
  if (!groups.length) return { said: `No run has both ${axisTitle(axis)} and ${axisTitle(y)} as finite values.` };
  const width = Math.max(box.clientWidth, 78 + groups.length * 44), height = box.clientHeight;
  const across = { ...axis, kind: "category", low: 0, high: Math.max(1, groups.length - 1), ticks: groups.map((group, place) => [place, group.text]) };
  const frame = new ChartFrame(width, height, groups.length === 1 ? { ...across, low: -1, high: 1 } : across, y, { ...FRAME_EDGES, bottom: 54 });
  const nodes = [], points = [], half = Math.min(34, ((width - 78) / groups.length) * 0.28);
  groups.forEach((group, place) => {
    const middle = frame.px(place), stats = boxOf(group.rows.map((row) => y.values[row])), at = (value) => frame.py(value).toFixed(1);
    group.stats = stats;
    nodes.push(label(middle, height - 22, `n = ${stats.count}`, "middle"));
    if (stats.count > 2) {
      nodes.push(svgEl("path", { class: "cmp-whisker", d: `M${middle} ${at(stats.low)}V${at(stats.q1)}M${middle} ${at(stats.q3)}V${at(stats.high)}M${middle - half / 2} ${at(stats.low)}h${half}M${middle - half / 2} ${at(stats.high)}h${half}` }),
        svgEl("rect", { class: "cmp-box", x: middle - half, width: 2 * half, y: Math.min(at(stats.q1), at(stats.q3)), height: Math.max(1, Math.abs(at(stats.q1) - at(stats.q3))), rx: 2 }),
        svgEl("path", { class: "cmp-median", d: `M${middle - half} ${at(stats.median)}h${2 * half}` }));
    }
    for (const row of [...group.rows].sort((a, b) => (panel.slotOf(b) ?? 99) - (panel.slotOf(a) ?? 99)).slice(-400)) {
      const x = middle + ((((row * 37) % 11) - 5) / 5) * half * 0.7, py = frame.py(y.values[row]), slot = panel.slotOf(row);
      points.push({ row, x, y: py });
      nodes.push(hasSlot(slot) ? svgEl("path", { d: MARK_PATHS[(slot - 1) % 12], class: "cmp-mark", transform: `translate(${x.toFixed(1)} ${py.toFixed(1)})`, style: { fill: runColor(slot) } }) : svgEl("circle", { cx: x.toFixed(1), cy: py.toFixed(1), r: 2.4, class: "cmp-point" }));
    }
  });
  const best = y.goal ? groups.filter((group) => group.stats.count > 2).sort((a, b) => (y.goal === "min" ? 1 : -1) * (a.stats.median - b.stats.median))[0] : null;
  const words = `${axisTitle(y)} by ${axisTitle(axis)}, ${groups.length} groups${best ? `; the best median, ${valueText(y, best.stats.median)}, is that of ${best.text}` : ""}`;
  box.replaceChildren(svgEl("svg", { width, height, role: "img", "aria-label": words, class: "cmp-svg" }, frame.nodes(), nodes));
  const hover = new HoverCard(panel, box, { axes: [axis, y], click: (row) => panel.addRun(row) });
  hover.points = points;
  const few = groups.filter((group) => group.stats.count < 3).length;
  const shown = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const said = [all.length > groups.length ? `The first ${MOST_GROUPS} of ${all.length} groups.` : "", few ? `${few} of ${groups.length} groups have fewer than 3 runs: marks, no box.` : "", all.length > groups.length ? "" : leftOutText([axis, y], around, shown)];
  return { said: said.filter(Boolean).join(" "), words, groups, axes: [axis, y], table: () => boxTable(axis, y, groups, words) };
}

function boxTable(axis, y, groups, words) {
  const columns = ["n", "least", "lower quartile", "median", "upper quartile", "greatest"];
  const head = el("tr", {}, el("th", { scope: "col", dir: "auto", text: axisTitle(axis) }), columns.map((text) => el("th", { scope: "col", class: "tb-right", text })));
  const rows = groups.map(({ text, stats, rows: own }) => {
    const values = own.map((row) => y.values[row]);
    const numbers = [Math.min(...values), stats.q1, stats.median, stats.q3, Math.max(...values)];
    return el("tr", {}, el("th", { scope: "row", class: "cmp-key", dir: "auto", text }), el("td", { class: "tb-right", text: stats.count }), numbers.map((value) => el("td", { class: "tb-right", text: valueText(y, value) })));
  });
  return el("div", { class: "cmp-as-table", tabindex: 0, role: "region", "aria-label": words }, el("table", { class: "tb-table" }, el("caption", { class: "tb-sr", text: words }), el("thead", {}, head), el("tbody", {}, rows)));
}
