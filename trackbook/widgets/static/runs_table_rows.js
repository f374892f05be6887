// Rows of the runs table as elements: what a run or a group looks like, wide in columns and narrow on two lines.

const NARROW_BELOW = 520, INDENT = 18, MOST_INDENTS = 8;
const ORIGINS = { NOTEBOOK: ["notebook", "From a notebook"], LOCAL: ["file", "From a script"], JOB: ["clock", "From a job"], PROJECT: ["folder", "From a project"] };

/** A selected run's mark, or an empty box. */
function markCell(selected, slot) {
  return el("div", { class: "rt-cell rt-mark rt-sticky", role: "gridcell", "aria-colindex": 1 },
    selected ? runMark(slot, 16) : el("span", { class: "rt-box", "aria-hidden": "true" }));
}

/** The button that folds a group or a run with children; the keys do the same, so it is no Tab stop. */
function foldButton(view, position, what) {
  const closed = view.folded.has(view.foldKey(position));
  return el("button", { class: `rt-fold${closed ? "" : " rt-open"}`, type: "button", tabindex: -1, "aria-label": `${closed ? "Unfold" : "Fold"} ${what}`, "data-fold": position }, icon("right"));
}

function nameLine(view, position, row) {
  const { table } = view, name = runName(table, row), kids = view.kids?.[row] || 0, depth = Math.min(MOST_INDENTS, view.depths?.[row] || 0);
  const closed = kids && view.folded.has(table.ids[row]);
  return el("div", { class: "rt-nameline", style: depth ? { "padding-inline-start": `${depth * INDENT}px` } : {} },
    kids ? foldButton(view, position, name) : view.kids ? el("span", { class: "rt-nofold" }) : null,
    statusMark(runStatus(table, row)), textEl("span", name, "rt-run tb-ellipsis"),
    closed ? el("span", { class: "tb-chip rt-kids", text: groupDigits(String(kids)), title: `${kids} nested` }) : null,
    isStarred(table, row) ? svgEl("svg", { class: "rt-star", viewBox: "0 0 16 16", width: 13, height: 13, role: "img", "aria-label": "starred" }, svgEl("path", { d: ICONS.star })) : null,
    view.hasNote(row) ? el("span", { class: "rt-noted", title: view.noteOf(row) }, icon("note")) : null);
}

/** A row in columns; `view` gives layout and state. */
function wideRow(view, position, row) {
  const { table, layout } = view;
  const id = table.ids[row], slot = view.slots[id], selected = view.isSelected(id);
  const node = rowShell(view, position, row, selected, slot);
  node.append(markCell(selected, slot));
  node.append(el("div", { class: `rt-cell rt-namecell rt-sticky${layout.pinned ? "" : " rt-edge"}`, role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1), style: { width: `${layout.name}px` } }, nameLine(view, position, row)));
  return inColumns(view, node, (place) => columnCell(view, position, row, place, selected, slot));
}

/** Put the pinned cells and those in sight into a row. */
function inColumns(view, node, cell) {
  for (let place = 0; place < view.layout.pinned; place += 1) node.append(cell(place));
  node.append(el("div", { class: "rt-gap", role: "presentation", style: { width: `${view.window.gap}px` } }));
  for (let place = view.window.from; place < view.window.to; place += 1) node.append(cell(place));
  return node;
}

/** One cell; made without `el`, since a scroll makes a thousand of them. */
function columnCell(view, position, row, place, selected, slot) {
  const column = view.columns[place], { text, full, look } = cellContent(view.table, column, row, view.now);
  const node = emptyCell(view, position, place);
  if (look) node.className += ` ${look}`;
  if (column.kind === "curve") { node.append(view.curveNode(column, [row], [{ color: selected ? runColor(slot) : "var(--ink2)" }]) || ""); return node; }
  if (column.id === "attributes.origin") { node.append(originMark(text)); return node; }
  const best = view.best(column), isBest = best !== null && column.numbers[row] === best, ranked = view.rankOf(column);
  if (full) node.title = full;
  if (column.kind === "text") node.dir = "auto";
  if (column.kind === "metric") node.setAttribute("aria-label", `${column.title} ${AGGREGATE_WORDS[column.shown]} ${text}${isBest ? ", best" : ""}`);
  if (!isBest && !ranked) { node.textContent = text; return node; }
  if (ranked && Number.isFinite(column.numbers[row])) {
    const color = selected ? { background: runColor(slot) } : {};
    node.append(el("i", { class: "rt-bar", style: { width: `${Math.max(2, Math.round(38 * ranked(column.numbers[row])))}px`, ...color } }));
  }
  node.append(el("span", { class: isBest ? "rt-best" : "rt-text", text }));
  return node;
}

function emptyCell(view, position, place) {
  const column = view.columns[place], node = document.createElement("div");
  node.className = column.look;
  node.style.width = `${column.width}px`;
  if (place < view.layout.pinned) node.style.left = `${column.left}px`;
  node.id = view.cellId(position, place);
  node.setAttribute("role", "gridcell");
  node.setAttribute("aria-colindex", place + 3);
  return node;
}

/** Where a run came from, as a glyph that says it on hover. */
function originMark(text) {
  const [glyph, words] = ORIGINS[text] || ["file", text === "\u2013" ? "Unknown" : text];
  return text === "\u2013" ? el("span", { class: "rt-none", text }) : el("span", { class: "rt-origin", title: words, role: "img", "aria-label": words }, icon(glyph));
}

/** A row on two lines: name over params, the curve, the first metric over the second. */
function narrowRow(view, position, row) {
  const { table } = view, id = table.ids[row], slot = view.slots[id], selected = view.isSelected(id);
  const node = rowShell(view, position, row, selected, slot);
  const params = view.columns.filter((column) => column.group === "params").slice(0, 4).map((column) => cellContent(table, column, row, view.now)).filter(({ look }) => look !== "rt-none").map(({ text }) => text);
  const [first, second] = view.narrowMetrics();
  const main = el("div", { class: "rt-cell rt-main", role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1) },
    nameLine(view, position, row), textEl("div", params.join(" \u00b7 "), "tb-caption tb-muted tb-ellipsis"));
  node.append(markCell(selected, slot), main);
  if (view.narrowCurve) node.append(el("div", { class: "rt-cell rt-narrowcurve", role: "gridcell", "aria-colindex": 3 }, view.curveNode(view.narrowCurve, [row], [{ color: selected ? runColor(slot) : "var(--ink2)" }])));
  if (!first) return node;
  const { text, full, look } = cellContent(table, first, row, view.now);
  const isBest = view.best(first) !== null && first.numbers[row] === view.best(first);
  const value = el("div", { class: "rt-cell rt-right rt-two", role: "gridcell", "aria-colindex": 4, "aria-label": `${first.title} ${AGGREGATE_WORDS[first.shown]} ${text}${isBest ? ", best" : ""}` },
    el("div", { class: look || null, title: full }, el("span", { class: isBest ? "rt-best" : "rt-text", text })));
  if (second) value.append(el("div", { class: "tb-caption tb-muted rt-second" }, textEl("span", second.title, "tb-ellipsis"), el("span", { class: "tb-num", text: cellContent(table, second, row, view.now).text })));
  node.append(value);
  return node;
}

function rowShell(view, position, row, selected, slot) {
  const nested = view.kids?.[row], depth = view.depths?.[row] || 0;
  return el("div", {
    class: `rt-row${selected ? " rt-selected" : ""}${view.cursor.position === position ? " rt-current" : ""}`,
    role: "row", id: view.rowId(position), "aria-rowindex": position + 3, "aria-selected": String(selected), "aria-label": rowLabel(view.table, row, selected, slot),
    "aria-level": view.depths ? depth + 1 + (view.groups.length ? 1 : 0) : null, "aria-expanded": nested ? String(!view.folded.has(view.table.ids[row])) : null,
    style: { top: `${position * view.rowHeight}px`, height: `${view.rowHeight}px` }, "data-position": position,
  });
}

// ---- groups ----

/** The row of a group: its value, how many runs, and for each column mean ± sd, or the value that all share. */
function groupRow(view, position, group) {
  const column = view.table.byId.get(view.group), closed = view.folded.has(group.fold);
  const text = group.value === null ? `no ${column.title}` : String(group.value), label = `${column.title} ${text}, ${group.rows.length} ${group.rows.length === 1 ? "run" : "runs"}`;
  const chosen = group.rows.map((row) => view.table.ids[row]).filter((id) => view.isSelected(id)), all = chosen.length === group.rows.length;
  const node = el("div", {
    class: `rt-row rt-grouprow${view.cursor.position === position ? " rt-current" : ""}`, role: "row", id: view.rowId(position), "aria-rowindex": position + 3,
    "aria-level": 1, "aria-expanded": String(!closed), "aria-label": label, style: { top: `${position * view.rowHeight}px`, height: `${view.rowHeight}px` }, "data-position": position,
  });
  const marks = closed ? chosen.filter((id) => view.slots[id]).slice(0, 5).map((id) => runMark(view.slots[id], 12)) : [];
  const name = el("div", { class: "rt-nameline" }, foldButton(view, position, text), el("span", { class: "tb-caption tb-muted rt-groupkey", dir: "auto", text: column.title }), textEl("b", text, "tb-bold tb-ellipsis"), el("span", { class: "tb-chip rt-kids", text: groupDigits(String(group.rows.length)) }), marks.length ? el("span", { class: "rt-marks" }, marks) : null);
  node.append(el("div", { class: "rt-cell rt-mark rt-sticky", role: "gridcell", "aria-colindex": 1, title: "Select the group" }, el("span", { class: `rt-box${all ? " rt-all" : chosen.length ? " rt-some" : ""}`, "aria-hidden": "true" })));
  if (view.narrow) return narrowGroup(view, node, position, group, name);
  node.append(el("div", { class: `rt-cell rt-namecell rt-sticky${view.layout.pinned ? "" : " rt-edge"}`, role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1), style: { width: `${view.layout.name}px` } }, name));
  return inColumns(view, node, (place) => groupCell(view, position, group, place));
}

function narrowGroup(view, node, position, group, name) {
  const [first] = view.narrowMetrics();
  node.append(el("div", { class: "rt-cell rt-main", role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1) }, name));
  if (first) node.append(el("div", { class: "rt-cell rt-right rt-two", role: "gridcell", "aria-colindex": 4 }, meanText(first, groupStat(group, first))));
  return node;
}

/** Mean ± sd with the decimals of the column. */
function meanText(column, { n, mean, sd }, whole = true) {
  if (!n) return el("span", { class: "rt-none", text: "\u2013" });
  const plain = column.format(mean), spread = n > 1 && whole ? ` \u00b1 ${column.format(sd)}` : "";
  return el("span", { title: `mean ${fullNumber(mean)}${n > 1 ? `, standard deviation ${fullNumber(sd)}` : ""}, n = ${n}`, text: plain + spread });
}

function groupCell(view, position, group, place) {
  const column = view.columns[place], node = emptyCell(view, position, place);
  if (column.kind === "metric" || column.kind === "duration") {
    const stat = groupStat(group, column);
    node.append(meanText(column, stat, column.kind === "metric"));
    node.setAttribute("aria-label", `${column.title} mean ${node.textContent}`);
  } else if (column.kind === "curve") {
    const rows = group.rows.slice(0, 8), strokes = rows.map((row) => ({ color: view.isSelected(view.table.ids[row]) ? runColor(view.slots[view.table.ids[row]]) : "var(--ink2)", opacity: rows.length > 1 ? .55 : 1 }));
    node.append(view.curveNode(column, rows, strokes) || "");
  } else if (column.kind === "text") {
    const { texts, text } = groupStat(group, column);
    if (column.id === "attributes.origin") { node.append(texts === 1 ? originMark(text ?? "\u2013") : ""); return node; }
    node.dir = "auto";
    node.className += " rt-quiet";
    node.textContent = texts === 1 ? (text ?? "\u2013").slice(0, 200) : `${groupDigits(String(texts))} values`;
  }
  return node;
}
