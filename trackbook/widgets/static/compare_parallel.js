// Parallel coordinates: a line a run, an axis a column, the best on top; conditions on the axes narrow the runs.

const PAR_HEIGHT = 224, PAR_TOP = 30, PAR_FOOT = 22, LEAST_AXIS_PX = 92, PAR_SIDES = [78, 78], LANE_PX = 14;

class ParallelChart {
  constructor(panel) {
    this.panel = panel;
    this.asTable = false;
    this.brushes = new Map();
    this.title = el("span", { class: "tb-muted tb-small tb-num" });
    this.chips = el("span", { class: "cmp-chips" });
    this.pick = el("button", { class: "tb-button tb-low", type: "button", hidden: true, on: { click: () => this.select() } });
    this.columns = el("button", { class: "tb-button tb-ghost tb-low", type: "button", "aria-haspopup": "menu", on: { click: () => this.pickAxes() } }, icon("columns"), el("span", { class: "cmp-word", text: "Axes" }));
    this.columns.setAttribute("aria-label", "Axes");
    this.head = el("div", { class: "cmp-card-head" });
    this.body = el("div", { class: "cmp-par", tabindex: -1 });
    this.said = el("p", { class: "tb-muted tb-caption cmp-said", hidden: true });
    this.node = el("section", { class: "tb-card cmp-card cmp-par-card", "aria-label": "Parallel coordinates" }, this.head, this.body, this.said);
    this.layHead();
  }

  layHead() {
    const toggle = tableToggle(this.asTable, () => { this.asTable = !this.asTable; this.layHead(); this.draw(); this.head.querySelector("[aria-pressed]").focus(); }, "the parallel coordinates");
    this.head.replaceChildren(el("h3", { class: "cmp-card-title", text: "Parallel coordinates" }), this.title, el("span", { class: "tb-grow" }), this.chips, this.pick, this.columns, toggle);
  }

  /** Other runs, axes, colours or size: all anew. Else 2,000 lines stay as they are. */
  draw() {
    const { around, slots } = this.panel;
    const axes = around ? this.panel.parallelAxes() : [];
    const enough = axes.length >= 2 && around.count > 0;
    const key = JSON.stringify([around?.version, axes.map((axis) => axis.id), slots, this.body.clientWidth, this.asTable && this.panel.brushes]);
    if (enough && key === this.drawn) { this.narrow(); return; }
    this.drawn = enough ? key : null;
    this.axes = axes;
    this.columns.hidden = !around;
    this.brushes.clear();
    if (!enough) {
      this.body.replaceChildren(el("p", { class: "tb-muted cmp-note", text: around ? "Nothing differs among these runs: parallel coordinates need a param with two values, and a metric." : this.panel.waiting() }));
      this.title.textContent = this.chips.textContent = "";
      this.pick.hidden = this.said.hidden = true;
      return;
    }
    if (this.asTable) {
      this.body.replaceChildren(chartTable(this.panel, axes, rowsWithin(around, this.panel.brushes), "Parallel coordinates"));
    } else this.drawLines();
    this.narrow();
  }

  drawLines() {
    const { axes, panel } = this, { around } = panel;
    const width = Math.max((this.body.clientWidth || 908) - 8, PAR_SIDES[0] + PAR_SIDES[1] + (axes.length - 1) * LEAST_AXIS_PX);
    const xs = axes.map((_, place) => PAR_SIDES[0] + (place * (width - PAR_SIDES[0] - PAR_SIDES[1])) / (axes.length - 1));
    const foot = PAR_HEIGHT - PAR_FOOT, words = `Parallel coordinates of ${around.count} runs over ${axes.map(axisTitle).join(", ")}; the best is on top`;
    this.lines = [];
    const grey = svgEl("g", { class: "cmp-lines", style: { "--cmp-faint": Math.max(0.035, Math.min(0.2, 14 / around.count)).toFixed(3), "--cmp-strong": Math.max(0.06, Math.min(0.5, 40 / around.count)).toFixed(3) } }), coloured = svgEl("g");
    const ranked = [];
    for (let row = 0; row < around.count; row += 1) {
      const slot = panel.slotOf(row), line = svgEl("path", { d: this.path(row, xs, foot), class: hasSlot(slot) ? "cmp-line-run" : null });
      this.lines.push(line);
      if (hasSlot(slot)) {
        const dash = runDash(slot);
        dress(line, { style: { stroke: runColor(slot), "stroke-dasharray": dash === "solid" ? "none" : dash } }, [svgEl("title", { text: around.names[row] })]);
        ranked.push([slot, line]);
      } else grey.append(line);
    }
    coloured.append(...ranked.sort((a, b) => b[0] - a[0]).map(([, line]) => line));
    const svg = svgEl("svg", { width, height: PAR_HEIGHT, role: "img", "aria-label": words, class: "cmp-svg" }, grey, coloured, axes.flatMap((axis, place) => this.axisNodes(axis, xs[place], foot, place === axes.length - 1)));
    const over = axes.flatMap((axis, place) => this.over(axis, xs[place], foot, place === axes.length - 1 ? xs[1] - xs[0] : 0));
    this.body.replaceChildren(el("div", { class: "cmp-par-room", style: { width: `${width}px` } }, svg, over));
  }

  path(row, xs, foot) {
    let d = "", before = null;
    this.axes.forEach((axis, place) => {
      const value = axis.values[row], share = placeOn(axis, value), x = xs[place];
      const wiggle = axis.id.startsWith("params.") ? (((row * 37) % 11) - 5) * 0.7 : 0;
      const y = Number.isFinite(share) ? foot - share * (foot - PAR_TOP) + wiggle : foot + LANE_PX;
      const bend = place ? (x - xs[place - 1]) * 0.32 : 0;
      d += place ? `C${(xs[place - 1] + bend).toFixed(0)} ${before.toFixed(1)} ${(x - bend).toFixed(0)} ${y.toFixed(1)} ${x.toFixed(0)} ${y.toFixed(1)}` : `M${x.toFixed(0)} ${y.toFixed(1)}`;
      before = y;
    });
    return d;
  }

  axisNodes(axis, x, foot, isLast) {
    const side = isLast ? 8 : -7, anchor = isLast ? "start" : "end", y = (share) => foot - share * (foot - PAR_TOP);
    const nodes = [svgEl("path", { class: "cmp-par-axis", d: `M${x.toFixed(0)} ${PAR_TOP - 4}V${foot + 4}` })];
    let last = Infinity;
    for (const [value, text] of [...axis.ticks].sort((a, b) => placeOn(axis, a[0]) - placeOn(axis, b[0]))) {
      const at = y(placeOn(axis, value));
      if (last - at < 13) continue;
      last = at;
      nodes.push(svgEl("path", { class: "cmp-par-axis", d: `M${x - 3} ${at.toFixed(1)}h6` }), label(x + side, at + 4, cutTo(text, 13), anchor, text, "cmp-tick cmp-haloed"));
    }
    if (axis.missing + axis.strange) nodes.push(label(x + side, foot + LANE_PX + 4, axis.missing ? "none" : "NaN", anchor, "", "cmp-tick cmp-haloed"));
    return nodes;
  }

  /** The name of an axis and its brush, in HTML above the picture, so that they can be reached and read. */
  over(axis, x, foot, lastGap) {
    const brush = new AxisBrush(this, axis, (value) => this.panel.brush(axis.id, value));
    brush.set(this.panel.brushes[axis.id] || null);
    this.brushes.set(axis.id, brush);
    for (const [name, value] of [["left", `${x - 11}px`], ["top", `${PAR_TOP}px`], ["height", `${foot - PAR_TOP}px`]]) brush.node.style.setProperty(name, value);
    const title = axis.goal && axis.id.startsWith("metrics.") ? `${axisTitle(axis)}, best on top` : axisTitle(axis);
    const style = lastGap ? { "max-width": `${lastGap + PAR_SIDES[1] - 44}px` } : { left: `${x}px` };
    const name = el("div", { class: `cmp-par-name tb-ellipsis${lastGap ? " cmp-par-last" : ""}`, dir: "auto", title, text: lastGap ? title : axisTitle(axis), style });
    return [name, brush.node];
  }

  /** What passes the brushes: strong lines, the chips, and the button that selects. */
  narrow() {
    const { around, brushes } = this.panel, active = Object.entries(brushes).filter(([id]) => around.axis(id));
    const rows = this.rows = rowsWithin(around, brushes), inside = new Set(rows), count = groupDigits(String(rows.length));
    if (!this.asTable) this.lines.forEach((line, row) => line.classList.toggle("cmp-out", active.length > 0 && !inside.has(row)));
    this.body.querySelector(".cmp-lines")?.classList.toggle("cmp-narrowed", active.length > 0);
    for (const [id, brush] of this.brushes) brush.set(brushes[id] || null);
    this.title.textContent = `${groupDigits(String(around.count))} runs`;
    this.chips.replaceChildren(...active.map(([id, brush], place) => {
      const text = conditionText(around.axis(id), brush);
      return el("span", { class: "tb-chip tb-accent" }, el("span", { class: "tb-ellipsis", dir: "auto", text: place === active.length - 1 ? `${text} \u00b7 ${count} runs` : text }),
        el("button", { class: "cmp-chip-close", type: "button", "aria-label": `Take the condition ${text} away`, title: "Take it away", on: { click: () => { this.panel.brush(id, null); this.brushes.get(id)?.node.focus(); } } }, icon("close")));
    }));
    this.pick.hidden = !active.length;
    this.pick.disabled = !rows.length;
    this.pick.textContent = rows.length ? `Select these ${count}` : "No run is left";
    const strange = this.axes.filter((axis) => axis.missing + axis.strange > 0);
    this.said.hidden = !strange.length;
    this.said.textContent = strange.length ? `Lines along the foot have no value there${strange.some((axis) => axis.strange) ? ", or one that is NaN or infinite" : ""}: ${strange.slice(0, 4).map((axis) => `${axis.missing + axis.strange} runs at ${axis.label}`).join(", ")}.` : "";
  }

  select() {
    const { panel } = this;
    panel.select(this.rows.map((row) => panel.around.ids[row]));
  }

  pickAxes() {
    const { panel } = this, chosen = panel.parallelAxes().map((axis) => axis.id);
    const known = [...panel.around.axes.values()].filter((axis) => axis.varies || chosen.includes(axis.id)).slice(0, 60);
    const flip = (id) => panel.choose({ axes: chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen.slice(0, -1), id, ...chosen.slice(-1)] });
    const items = known.map((axis) => ({ text: axisTitle(axis), checked: chosen.includes(axis.id), deed: () => flip(axis.id) }));
    openMenu(panel.root, this.columns, [{ text: "Those that differ", icon: "reset", deed: () => panel.choose({ axes: null }) }, null, ...items], "Axes");
  }
}
