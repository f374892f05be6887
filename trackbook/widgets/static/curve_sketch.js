// A chart without plotly: lines alone, for the seconds until plotly.js has come, and where it never comes.

/** Lines as an SVG that fills `box`; `lines` are {x, y, color, dash, grey}. */
function sketchLines(box, lines, log) {
  const height = (value) => (log ? Math.log10(value) : value);
  const shown = (value) => Number.isFinite(value) && (!log || value > 0);
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of lines) {
    for (let place = 0; place < x.length; place += 1) {
      if (!shown(y[place])) continue;
      left = Math.min(left, x[place]);
      right = Math.max(right, x[place]);
      low = Math.min(low, height(y[place]));
      high = Math.max(high, height(y[place]));
    }
  }
  const wide = Math.max(60, box.clientWidth), tall = Math.max(40, box.clientHeight);
  const toX = (value) => 46 + ((value - left) / (right - left || 1)) * (wide - 62);
  const toY = (value) => tall - 30 - ((height(value) - low) / (high - low || 1)) * (tall - 44);
  const paths = lines.map(({ x, y, color, dash, grey }) => {
    let path = "", pen = "M";
    for (let place = 0; place < x.length; place += 1) {
      if (shown(y[place])) path += `${pen}${toX(x[place]).toFixed(1)} ${toY(y[place]).toFixed(1)}`;
      pen = shown(y[place]) ? "L" : "M";
    }
    return svgEl("path", { class: "tb-sketch-line", d: path, fill: "none", "stroke-linejoin": "round", style: { stroke: color, "stroke-width": grey ? 1 : 1.9, "stroke-dasharray": dash, opacity: grey ? .16 : 1 } });
  });
  const floor = svgEl("path", { d: `M46 ${tall - 26}H${wide - 14}`, style: { stroke: "var(--line2)" } });
  return svgEl("svg", { class: "tb-sketch", width: wide, height: tall, "aria-hidden": "true" }, floor, paths);
}
