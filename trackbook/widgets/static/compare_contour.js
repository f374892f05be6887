// A third column as a surface over two others; the kernel computes it, and it is blank where no run is near.

function drawContour(panel, box, { x: first, y: second, z: third }) {
  const { around } = panel, [x, y, z] = [first, second, third].map((id) => (id ? around.axis(id) : null));
  if (!x || !y || !z) return { said: "Choose three columns." };
  const axes = [x, y, z], rows = rowsWith(around, axes);
  if (!rows.length) return { said: `No run has ${axes.map(axisTitle).join(", ")} all as finite values.` };
  const width = box.clientWidth, height = box.clientHeight, frame = new ChartFrame(width, height, x, y);
  const layer = svgEl("g", { "aria-hidden": "true" });
  const { nodes, points } = marksOf(panel, frame, rows, { color: z });
  const words = `${axisTitle(z)} over ${axisTitle(x)} and ${axisTitle(y)}, drawn from ${rows.length} runs`;
  box.replaceChildren(svgEl("svg", { width, height, role: "img", "aria-label": words, class: "cmp-svg cmp-contour" }, layer, frame.nodes(), nodes));
  const hover = new HoverCard(panel, box, { axes, click: (row) => panel.addRun(row) });
  hover.points = points;
  const said = leftOutText(axes, around, rows.length);
  const asked = panel.surface(x.id, y.id, z.id);
  if (asked.value) layer.append(...surfaceNodes(frame, asked.value));
  return { said: [asked.value?.note ?? asked.said, said].filter(Boolean).join(" "), words, axes, rows, color: z };
}

function surfaceNodes(frame, { columns, rows, cells, lines }) {
  if (!columns) return [];
  const { left, right, top, bottom } = frame.edges;
  const room = [(frame.width - left - right) / (1 + 2 * frame.padX), (frame.height - top - bottom) / (1 + 2 * frame.padY)];
  const px = (share) => left + (share + frame.padX) * room[0], py = (share) => frame.height - bottom - (share + frame.padY) * room[1];
  const wide = room[0] / (columns - 1), high = room[1] / (rows - 1), nodes = [];
  cells.forEach((place, index) => {
    if (place === null) return;
    const column = index % columns, row = Math.floor(index / columns);
    nodes.push(svgEl("rect", { x: (px(column / (columns - 1)) - wide / 2).toFixed(1), y: (py(row / (rows - 1)) - high / 2).toFixed(1), width: (wide + 0.6).toFixed(1), height: (high + 0.6).toFixed(1), style: { fill: heightColor(place) } }));
  });
  const surface = svgEl("g", { class: "cmp-surface" }, nodes.splice(0));
  nodes.push(surface);
  for (const [, pieces] of lines) nodes.push(svgEl("path", { class: "cmp-level", d: pieces.map(([ax, ay, bx, by]) => `M${px(ax).toFixed(1)} ${py(ay).toFixed(1)}L${px(bx).toFixed(1)} ${py(by).toFixed(1)}`).join("") }));
  return nodes;
}
