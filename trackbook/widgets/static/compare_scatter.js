// Runs as marks over two columns, a third as colour or size; and of two metrics the front that no run beats in both.

/** The rows that have all of these columns. */
function rowsWith(around, axes) {
  const rows = [];
  for (let row = 0; row < around.count; row += 1) if (axes.every((axis) => Number.isFinite(axis.values[row]))) rows.push(row);
  return rows;
}

/** The marks of some rows: grey context below, the compared runs on top in their colours. */
function marksOf(panel, frame, rows, { color = null, size = null, small = false, strong = null } = {}) {
  const grey = [], marks = [], points = [];
  const [least, most] = POINT_SIZES;
  const wiggle = (axis, row) => (axis.kind === "category" ? (((row * 37) % 11) - 5) * 1.4 : 0);
  for (const row of rows) {
    const x = frame.px(frame.x.values[row]) + wiggle(frame.x, row), y = frame.py(frame.y.values[row]) + wiggle(frame.y, row);
    const slot = panel.slotOf(row);
    const radius = size ? least + Math.max(0, Math.min(1, shareOn(size, size.values[row]))) * (most - least) : small ? SIZES_SMALL : 3.2;
    points.push({ row, x, y });
    if (hasSlot(slot)) {
      const scale = size ? Math.max(0.7, radius / 4.2) : small ? 0.85 : 1;
      marks.push([slot, svgEl("path", { d: MARK_PATHS[(slot - 1) % 12], class: "cmp-mark", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(2)})`, style: { fill: runColor(slot) } })]);
    } else grey.push(svgEl("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: radius.toFixed(1), class: strong?.has(row) ? "cmp-point cmp-strong" : "cmp-point", style: color ? { fill: heightColor(placeOn(color, color.values[row])), opacity: 0.95 } : {} }));
  }
  marks.sort((a, b) => b[0] - a[0]);
  return { nodes: [...grey, ...marks.map(([, node]) => node)], points };
}

/** The steps of a front: between two of its runs, what is known to be reached. */
function frontPath(frame, front) {
  return front.map((row, place) => { const x = frame.px(frame.x.values[row]).toFixed(1), y = frame.py(frame.y.values[row]).toFixed(1); return place ? `H${x}V${y}` : `M${x} ${y}`; }).join("");
}

/** A chart of two columns, drawn into a box of its own size. Settings: x, y, color, size (ids), pareto, small. */
function drawScatter(panel, box, settings) {
  const { around } = panel, [x, y, color, size] = ["x", "y", "color", "size"].map((key) => (settings[key] ? around.axis(settings[key]) : null));
  if (!x || !y) return { said: "Choose two columns." };
  const axes = [x, y, color, size].filter(Boolean), rows = rowsWith(around, axes);
  if (!rows.length) return { said: `No run has both ${axisTitle(x)} and ${axisTitle(y)} as finite values.` };
  const width = box.clientWidth, height = box.clientHeight, small = Boolean(settings.small);
  const frame = new ChartFrame(width, height, x, y, small ? SMALL_EDGES : FRAME_EDGES);
  const front = settings.pareto ? paretoFront(x, y) : [];
  const { nodes, points } = marksOf(panel, frame, rows, { color, size, small, strong: new Set(front) });
  const words = settings.pareto ? `Pareto front of ${axisTitle(y)} against ${axisTitle(x)}: ${front.length} of ${rows.length} runs are beaten by none in both`
    : `${axisTitle(y)} against ${axisTitle(x)} of ${rows.length} runs${color ? `, colour is ${axisTitle(color)}` : ""}${size ? `, size is ${axisTitle(size)}` : ""}`;
  const svg = svgEl("svg", { width, height, role: "img", "aria-label": words, class: "cmp-svg" }, frame.nodes(!small), front.length > 1 ? svgEl("path", { d: frontPath(frame, front), class: "cmp-front" }) : null, nodes);
  box.replaceChildren(svg);
  const hover = new HoverCard(panel, box, { axes, click: (row) => panel.addRun(row) });
  hover.points = points;
  return { said: leftOutText(axes, around, rows.length), words, axes, rows: settings.pareto ? front : rows, color };
}
