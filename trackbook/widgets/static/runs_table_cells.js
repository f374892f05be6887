// Rows and cells of the runs table as elements: what a run looks like, wide in columns and narrow on two lines.

const NARROW_BELOW = 520;

/** The text of a cell as shown, whole on hover, and what a screen reader adds. */
function cellContent(table, column, row, now) {
  if (column.kind === "text") {
    const text = column.text(row);
    return text === null ? missing() : { text, full: text };
  }
  const value = column.numbers[row];
  if (column.kind === "time") return Number.isNaN(value) ? missing() : { text: formatAge(value, now), full: formatMoment(value), look: "rt-quiet" };
  if (column.kind === "duration") {
    const text = liveDuration(table, row, value, now);
    return Number.isNaN(value) ? missing() : { text, full: `${value / 1000} s`, look: "rt-quiet" };
  }
  if (Number.isNaN(value)) return column.loggedNan.has(row) ? { text: "NaN", full: "NaN", look: "tb-nan" } : missing();
  return { text: column.format(value), full: fullNumber(value) };
}

function missing() {
  return { text: "\u2013", full: "", look: "rt-none" };
}

function liveDuration(table, row, value, now) {
  const running = runStatus(table, row) === "RUNNING" && Number.isNaN(table.byId.get("attributes.end_time").values[row]);
  return formatDuration(running ? Math.max(0, now - table.byId.get("attributes.start_time").values[row]) : value);
}

/** What a screen reader says of a row: "mlp-smooth-s0, finished, selected, mark circle". */
function rowLabel(table, row, selected, slot) {
  const words = [runName(table, row), STATUS_WORDS[runStatus(table, row)]?.toLowerCase()];
  if (selected) words.push("selected", runMarkWord(slot));
  return words.filter(Boolean).join(", ");
}

/** A selected run's mark, or an empty box. */
function markCell(selected, slot) {
  return el("div", { class: "rt-cell rt-mark rt-sticky", role: "gridcell", "aria-colindex": 1 },
    selected ? runMark(slot, 16) : el("span", { class: "rt-box", "aria-hidden": "true" }));
}

function nameLine(table, row) {
  return el("div", { class: "rt-nameline" }, statusMark(runStatus(table, row)), textEl("span", runName(table, row), "rt-run tb-ellipsis"));
}

/** A row in columns; `view` gives layout and state. */
function wideRow(view, position, row) {
  const { table, layout } = view;
  const id = table.ids[row], slot = view.slots[id], selected = view.isSelected(id);
  const node = rowShell(view, position, row, selected, slot);
  node.append(markCell(selected, slot));
  const name = el("div", { class: `rt-cell rt-namecell rt-sticky${layout.pinned ? "" : " rt-edge"}`, role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1), style: { width: `${layout.name}px` } }, nameLine(table, row));
  node.append(name);
  for (let place = 0; place < layout.pinned; place += 1) node.append(columnCell(view, position, row, place, selected, slot));
  node.append(el("div", { class: "rt-gap", role: "presentation", style: { width: `${view.window.gap}px` } }));
  for (let place = view.window.from; place < view.window.to; place += 1) node.append(columnCell(view, position, row, place, selected, slot));
  return node;
}

/** One cell; made without `el`, since a scroll makes a thousand of them. */
function columnCell(view, position, row, place, selected, slot) {
  const column = view.columns[place], { text, full, look } = cellContent(view.table, column, row, view.now);
  const best = view.best(column), isBest = best !== null && column.numbers[row] === best, ranked = view.rankOf(column);
  const node = document.createElement("div");
  node.className = column.look + (look ? ` ${look}` : "");
  node.style.width = `${column.width}px`;
  if (place < view.layout.pinned) node.style.left = `${column.left}px`;
  node.id = view.cellId(position, place);
  node.setAttribute("role", "gridcell");
  node.setAttribute("aria-colindex", place + 3);
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

/** A row on two lines: name over params, the first metric over the second. */
function narrowRow(view, position, row) {
  const { table } = view, id = table.ids[row], slot = view.slots[id], selected = view.isSelected(id);
  const node = rowShell(view, position, row, selected, slot);
  const params = view.columns.filter((column) => column.group === "params").slice(0, 4).map((column) => column.text(row)).filter((text) => text !== null);
  const [first, second] = view.narrowMetrics();
  const main = el("div", { class: "rt-cell rt-main", role: "gridcell", "aria-colindex": 2, id: view.cellId(position, -1) },
    nameLine(table, row), textEl("div", params.join(" \u00b7 "), "tb-caption tb-muted tb-ellipsis"));
  node.append(markCell(selected, slot), main);
  if (!first) return node;
  const { text, full, look } = cellContent(table, first, row, view.now);
  const isBest = view.best(first) !== null && first.numbers[row] === view.best(first);
  const value = el("div", { class: "rt-cell rt-right rt-two", role: "gridcell", "aria-colindex": 3, "aria-label": `${first.title} ${AGGREGATE_WORDS[first.shown]} ${text}${isBest ? ", best" : ""}` },
    el("div", { class: look || null, title: full }, el("span", { class: isBest ? "rt-best" : "rt-text", text })));
  if (second) value.append(textEl("div", `${second.title} ${cellContent(table, second, row, view.now).text}`, "tb-caption tb-muted tb-ellipsis"));
  node.append(value);
  return node;
}

function rowShell(view, position, row, selected, slot) {
  return el("div", {
    class: `rt-row${selected ? " rt-selected" : ""}${view.cursor.position === position ? " rt-current" : ""}`,
    role: "row", id: view.rowId(position), "aria-rowindex": position + 3, "aria-selected": String(selected), "aria-label": rowLabel(view.table, row, selected, slot),
    style: { top: `${position * view.rowHeight}px`, height: `${view.rowHeight}px` }, "data-position": position,
  });
}

// ---- header ----

function aggregateTag(column) {
  return column.kind === "metric" && column.several ? el("span", { class: "tb-tag", text: column.shown }) : null;
}

function sortSign(view, column) {
  const place = view.sorting.findIndex(({ id }) => id === column.id);
  if (place < 0) return null;
  const arrow = view.sorting[place].descending ? "\u25bc" : "\u25b2";
  return el("span", { class: "rt-arrow", "aria-hidden": "true", text: view.sorting.length > 1 ? `${arrow}${place + 1}` : arrow });
}

function sortWord(view, column) {
  const found = view.sorting.find(({ id }) => id === column?.id);
  return found ? (found.descending ? "descending" : "ascending") : "none";
}

/** The name of a column with its tag and arrow; `data-column` is what a click sorts by. */
function columnHeader(view, column, place, more = {}) {
  const pinned = place < view.layout.pinned, sorted = sortWord(view, column) !== "none";
  return el("div", {
    class: ["rt-head", column.numeric && "rt-right", column.firstOfGroup && "rt-first", pinned && "rt-sticky rt-pinned", place === view.layout.pinned - 1 && "rt-edge", sorted && "rt-sorted"].filter(Boolean).join(" "),
    role: "columnheader", "aria-colindex": place + 3, "aria-sort": sortWord(view, column), "data-column": column.id, id: view.cellId(-1, place),
    title: `${column.title}\nClick sorts, Shift-click adds, right-click shows more`,
    style: { width: `${column.width}px`, ...(pinned ? { left: `${column.left}px` } : {}) }, ...more,
  },
    el("span", { class: "tb-ellipsis", dir: "auto", text: column.title }), aggregateTag(column), sortSign(view, column),
    el("button", { class: "rt-more", type: "button", tabindex: -1, "aria-label": `More about ${column.title}`, "data-menu": column.id }, icon("down")));
}

/** The two header rows: groups with their counts, then columns. */
function headerRows(view) {
  const { layout, columns } = view, all = view.order.length > 0 && view.selected.length >= view.order.length;
  const box = el("div", { class: "rt-head rt-mark rt-sticky", role: "columnheader", "aria-colindex": 1, "data-all": "true", title: "Select all or none" },
    el("span", { class: `rt-box${all ? " rt-all" : view.selected.length ? " rt-some" : ""}`, role: "checkbox", "aria-checked": all ? "true" : view.selected.length ? "mixed" : "false", "aria-label": "All runs" }));
  const name = view.table.byId.get("attributes.run_name");
  const run = el("div", { class: `rt-head rt-namecell rt-sticky${layout.pinned ? "" : " rt-edge"}`, role: "columnheader", "aria-colindex": 2, "aria-sort": sortWord(view, name), "data-column": name?.id, id: view.cellId(-1, -1), style: { width: `${layout.name}px` } },
    el("span", { text: "Run" }), name ? sortSign(view, name) : null);
  if (view.narrow) {
    const [first] = view.narrowMetrics();
    run.classList.add("rt-main");
    return [el("div", { class: "rt-names", role: "row", "aria-rowindex": 2 }, box, run, first ? columnHeader(view, first, 0, { style: {}, class: "rt-head rt-right rt-two rt-sorted" }) : null)];
  }
  const groups = el("div", { class: "rt-groups", role: "row", "aria-rowindex": 1 }, el("div", { class: "rt-corner rt-sticky rt-edge", role: "presentation", style: { width: `${layout.sticky}px` } }));
  for (const { group, width, count, seen, all: whole, first } of layout.groups) {
    const number = group === "attributes" ? "" : seen < whole ? `${groupDigits(String(seen))} of ${groupDigits(String(whole))}` : groupDigits(String(whole));
    groups.append(el("div", { class: `rt-group${first ? " rt-first" : ""}`, role: "columnheader", "aria-colspan": count, style: { width: `${width}px` } },
      el("span", { class: "rt-grouptext", style: { left: `${layout.sticky + 9}px` } }, GROUP_TITLES[group], el("span", { class: "rt-count", text: number }))));
  }
  return [groups, el("div", { class: "rt-names", role: "row", "aria-rowindex": 2 }, box, run, columns.map((column, place) => columnHeader(view, column, place)))];
}

// ---- when there is nothing ----

/** The empty state: what is so, then code that makes the first run. */
function emptyState(about) {
  const curve = svgEl("svg", { class: "rt-curve", viewBox: "0 0 440 72", "aria-hidden": "true" },
    svgEl("path", { d: "M0 71.5H440", style: { stroke: "var(--line2)" } }),
    svgEl("path", { d: "M0 10C40 58 90 60 150 62S300 66 440 66", fill: "none", "stroke-width": 2, "stroke-dasharray": "5 5", style: { stroke: "var(--line2)" } }),
    svgEl("circle", { cx: 4.5, cy: 11, r: 4.5, style: { fill: "var(--accent)" } }));
  const copy = el("button", { class: "tb-button rt-copy", type: "button", on: { click: () => copyText(about.code, copy) } }, icon("code"), el("span", { text: "Copy" }));
  const title = about.title ? `No runs in ${about.title} yet` : "No runs yet";
  return el("div", { class: "rt-empty" }, curve,
    el("div", { class: "tb-panel-title", dir: "auto", text: title }),
    el("div", { class: "tb-muted rt-hint", text: "Put this in a cell and run it. The run appears here while it trains." }),
    el("div", { class: "rt-code tb-code" }, codeLines(about.code), copy),
    about.store ? el("div", { class: "tb-caption tb-muted rt-store tb-ellipsis", title: about.store, dir: "ltr", text: `Looked in ${about.store}` }) : null);
}

/** Python with its words coloured; every piece is a text node. */
function codeLines(code) {
  const pre = el("pre", { class: "rt-pre" });
  for (const [, word, magic, quoted, number, rest] of code.matchAll(/\b(import)\b|(^%\w+)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(\b\d+(?:\.\d+)?\b)|([\s\S])/gm)) {
    const look = word ? "rt-keyword" : magic ? "rt-magic" : quoted ? "rt-string" : number ? "rt-number" : null;
    pre.append(look ? el("span", { class: look, text: word || magic || quoted || number }) : document.createTextNode(rest));
  }
  return pre;
}

/** Copy, and say so on the button for a moment. */
async function copyText(text, button) {
  const area = el("textarea", { style: { position: "fixed", opacity: 0 } });
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure origin there is no clipboard object; the old command still works within a click.
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  const label = button.querySelector("span");
  label.textContent = "Copied";
  setTimeout(() => { label.textContent = "Copy"; }, 1500);
}
