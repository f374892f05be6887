// The two header rows of the runs table.

function aggregateTag(column) {
  if (column.kind === "curve") return el("span", { class: "rt-curvesign" }, icon("curves"));
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
    title: column.kind === "curve" ? `Curves of ${column.metric.key}` : `${column.title}\nClick sorts, Shift-click adds, drag moves, right-click shows more`,
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
    const curve = view.narrowCurve ? el("div", { class: "rt-head rt-narrowcurve", role: "columnheader", "aria-colindex": 3, text: "curve", title: `Curves of ${view.narrowCurve.metric.key}` }) : null;
    return [el("div", { class: "rt-names", role: "row", "aria-rowindex": 2 }, box, run, curve, first ? columnHeader(view, first, 0, { style: {}, class: "rt-head rt-right rt-two rt-sorted", "aria-colindex": 4 }) : null)];
  }
  const groups = el("div", { class: "rt-groups", role: "row", "aria-rowindex": 1 }, el("div", { class: "rt-corner rt-sticky rt-edge", role: "presentation", style: { width: `${layout.sticky}px` } }));
  for (const { group, width, count, seen, all: whole, first } of layout.groups) {
    const number = group === "attributes" ? "" : seen < whole ? `${groupDigits(String(seen))} of ${groupDigits(String(whole))}` : groupDigits(String(whole));
    groups.append(el("div", { class: `rt-group${first ? " rt-first" : ""}`, role: "columnheader", "aria-colspan": count, style: { width: `${width}px` } },
      el("span", { class: "rt-grouptext", style: { left: `${layout.sticky + 9}px` } }, GROUP_TITLES[group], el("span", { class: "rt-count", text: number }))));
  }
  return [groups, el("div", { class: "rt-names", role: "row", "aria-rowindex": 2 }, box, run, columns.map((column, place) => columnHeader(view, column, place)))];
}

// ---- moving a column by its header ----

const DRAG_FROM_PX = 6;

/** Begin to drag a header; where it is let go, its column stands. A press that does not move stays a click. */
function dragHeader(view, event) {
  const head = event.target.closest(".rt-head[data-column]");
  if (!head || event.button !== 0 || view.narrow || head.classList.contains("rt-namecell") || event.target.closest("[data-menu]")) return;
  const id = head.dataset.column, start = event.clientX;
  let line = null, target = null;
  const move = (moved) => {
    if (!line && Math.abs(moved.clientX - start) < DRAG_FROM_PX) return;
    if (!line) { line = el("div", { class: "rt-dropline" }); view.stageNode.append(line); head.classList.add("rt-dragged"); }
    target = dropTarget(view, id, moved.clientX);
    const box = view.stageNode.getBoundingClientRect();
    line.hidden = !target;
    if (target) line.style.setProperty("left", `${target.x - box.left}px`);
  };
  const end = (ended) => {
    for (const [name, handler] of [["pointermove", move], ["pointerup", end], ["pointercancel", end], ["keydown", stop]]) document.removeEventListener(name, handler, true);
    head.classList.remove("rt-dragged");
    if (!line) return;
    line.remove();
    view.dragged = true; // the click that follows sorts nothing
    setTimeout(() => { view.dragged = false; }, 0);
    if (target && ended.type === "pointerup") view.moveColumn(id, target.before);
  };
  const stop = (pressed) => { if (pressed.key === "Escape") { pressed.stopPropagation(); end(pressed); } };
  for (const [name, handler] of [["pointermove", move], ["pointerup", end], ["pointercancel", end], ["keydown", stop]]) document.addEventListener(name, handler, true);
}

/** Between which columns of its group a dragged one would stand: {before: id or null, x}. */
function dropTarget(view, id, x) {
  const place = view.columns.findIndex((column) => column.id === id), mates = view.mates(place);
  let found = null;
  for (const mate of mates) {
    const node = view.head.querySelector(`[data-column="${CSS.escape(mate.id)}"]`);
    if (!node) continue;
    const box = node.getBoundingClientRect();
    if (x < box.left + box.width / 2) return { before: mate.id, x: box.left };
    found = { before: null, x: box.right };
  }
  return found;
}
