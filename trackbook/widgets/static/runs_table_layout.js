// Where the columns of the runs table stand, and what its keys do.

const MARK_WIDTH = 34, CELL_PADDING = 18, MOST_WIDTH = 260, RANK_ROOM = 50;

/** Choose and place the visible columns; widths grow with what came but never shrink, so that nothing jumps. */
function layOut(view) {
  const { root, table, layout } = view, width = root.clientWidth;
  view.narrow = width > 0 && width < NARROW_BELOW;
  root.classList.toggle("rt-narrow", view.narrow);
  view.rowHeight = view.narrow || matchMedia("(pointer: coarse)").matches ? TALL_ROW_HEIGHT : ROW_HEIGHT;
  view.late = lateColumns(table);
  const choices = view.choices();
  const shown = choices.filter((column) => !view.isHidden(column) && (!view.differs || column.group === "attributes" || view.isPinned(column) || column.differs(view.order)));
  const pinned = shown.filter((column) => view.isPinned(column)), free = shown.filter((column) => !view.isPinned(column));
  free.sort((a, b) => Object.keys(GROUP_TITLES).indexOf(a.group) - Object.keys(GROUP_TITLES).indexOf(b.group));
  view.columns = [...pinned, ...free];
  const measure = measurer(view);
  layout.name = measureName(view, measure);
  let left = MARK_WIDTH + layout.name;
  view.columns.forEach((column, place) => {
    const before = view.columns[place - 1];
    column.firstOfGroup = place >= pinned.length && column.group !== "attributes" && (place === pinned.length || before.group !== column.group);
    column.look = ["rt-cell", column.numeric && "rt-right", column.firstOfGroup && "rt-first", place < pinned.length && "rt-sticky rt-pinned", place === pinned.length - 1 && "rt-edge"].filter(Boolean).join(" ");
    column.width = measureColumn(view, column, measure);
    column.left = left;
    left += column.width;
  });
  layout.pinned = pinned.length;
  layout.sticky = MARK_WIDTH + layout.name + pinned.reduce((sum, column) => sum + column.width, 0);
  layout.total = left;
  layout.width = width;
  layout.groups = Object.keys(GROUP_TITLES).map((group) => {
    const here = free.filter((column) => column.group === group);
    return { group, count: here.length, seen: shown.filter((column) => column.group === group).length, all: choices.filter((column) => column.group === group).length, width: here.reduce((sum, column) => sum + column.width, 0), first: group !== "attributes" };
  }).filter(({ count }) => count);
  view.grid.style.setProperty("width", view.narrow ? "100%" : `${Math.max(left, width - 2)}px`);
  view.body.style.setProperty("height", `${view.order.length * view.rowHeight + ROOM_BELOW}px`);
}

/** Columns beyond those shown at first; the list of columns has them all. */
function lateColumns(table) {
  const late = new Set(), counts = {};
  for (const { id, group, key } of table.columns) {
    if (group === "tags" && /^(mlflow|trackbook)\./.test(key)) continue;
    counts[group] = (counts[group] || 0) + 1;
    if (counts[group] > SHOWN_AT_FIRST[group]) late.add(id);
  }
  return late;
}

/** A function (text, bold) -> px. */
function measurer(view) {
  const family = getComputedStyle(view.root).fontFamily;
  view.pen ??= document.createElement("canvas").getContext("2d");
  return (text, look) => {
    view.pen.font = `${look} ${family}`;
    return view.pen.measureText(text).width;
  };
}

function measureColumn(view, column, measure) {
  const chosen = view.setting(column), place = view.sorting.findIndex(({ id }) => id === column.id);
  const tag = column.kind === "metric" && column.several ? 40 : 0;
  const arrow = place < 0 ? 0 : view.sorting.length > 1 ? 24 : 15;
  const head = 1.04 * measure(column.title, "500 12px") + 2 + tag + arrow;
  const rank = column.kind === "metric" && place === 0 ? RANK_ROOM : 0;
  chosen.text = Math.max(chosen.text || 40, textWidth(view, column, measure));
  return Math.min(MOST_WIDTH, Math.ceil(Math.max(head, chosen.text + rank)) + CELL_PADDING);
}

/** Width of the widest of some texts of a column, measured once for its data and its format. */
function textWidth(view, column, measure) {
  const key = `${column.shown} ${column.scope?.length}`;
  if (column.measured?.key === key) return column.measured.width;
  const room = column.kind === "metric" ? 12 : 2;
  const width = Math.max(0, ...sampleTexts(view, column).map((text) => 1.03 * measure(text, "400 13px") + room));
  column.measured = { key, width };
  return width;
}

/** Some texts of a column, the longest among them. */
function sampleTexts(view, column) {
  if (column.kind === "text") {
    let longest = 0;
    const some = column.texts.slice(0, 3000);
    for (const text of some) longest = Math.max(longest, text.length);
    return some.filter((text) => text.length >= longest - 1).slice(0, 12);
  }
  const step = Math.max(1, Math.floor(view.members.length / 40)), texts = [];
  for (let place = 0; place < view.members.length; place += step) texts.push(cellContent(view.table, column, view.members[place], view.now).text);
  return texts;
}

function measureName(view, measure) {
  const column = view.table.byId.get("attributes.run_name");
  const widest = column ? Math.max(90, 1.06 * textWidth(view, column, measure)) : 90;
  view.nameWidth = Math.max(view.nameWidth || 0, Math.min(Math.ceil(widest) + 42, view.root.clientWidth < 760 ? 190 : 280));
  return view.nameWidth;
}

/** Which columns one sees at this scroll: {from, to, gap}; whether that changed. */
function lookThrough(view) {
  const { columns, layout, scroll } = view, left = layout.sticky + scroll.scrollLeft - 300, right = scroll.scrollLeft + scroll.clientWidth + 300;
  const before = view.window;
  if (before.of === columns && before.fits && before.fits[0] <= scroll.scrollLeft && scroll.scrollLeft <= before.fits[1] && before.room === scroll.clientWidth) return false;
  let from = layout.pinned, to = columns.length;
  while (from < columns.length && columns[from].left + columns[from].width < left) from += 1;
  while (to > from && columns[to - 1].left > right) to -= 1;
  const gap = from < columns.length ? columns[from].left - layout.sticky : 0;
  view.window = { of: columns, from, to, gap: Math.max(0, gap), fits: [scroll.scrollLeft - 250, scroll.scrollLeft + 250], room: scroll.clientWidth };
  return before.of !== columns || before.from !== from || before.to !== to;
}

// ---- keys ----

const GRID_MOVES = {
  ArrowDown: [1, 0], ArrowUp: [-1, 0], j: [1, 0], k: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1],
};

/** What a key does while the grid has the focus. */
function gridKey(view, event) {
  const { key } = event, command = event.ctrlKey || event.metaKey, { position, place } = view.cursor;
  const column = place >= 0 ? view.columns[place] : view.table.byId.get("attributes.run_name");
  const lower = key.length === 1 ? key.toLowerCase() : key;
  const move = GRID_MOVES[lower];
  const page = Math.max(1, Math.floor(view.scroll.clientHeight / view.rowHeight) - 3);
  const rect = () => (document.getElementById(view.cellId(-1, place)) || view.head).getBoundingClientRect();
  let used = true;
  if (command && lower === "a") view.selectAll();
  else if (command || (event.altKey && key !== "Alt")) used = false;
  else if (move && event.shiftKey && move[0]) extendBy(view, move[0]);
  else if (move) view.moveTo(position + move[0], place + move[1]);
  else if (key === "PageDown" || key === "PageUp") view.moveTo(Math.max(0, position + (key === "PageDown" ? page : -page)));
  else if (key === "Home") view.moveTo(0);
  else if (key === "End") view.moveTo(view.order.length - 1);
  else if (key === " " && position >= 0) toggleCurrent(view);
  else if (key === "Enter" && position >= 0) view.open(position);
  else if (key === "Enter" || key === " ") view.sortBy(column, null, event.shiftKey);
  else if (lower === "s") view.sortBy(column, null, event.shiftKey);
  else if (lower === "h" && place >= 0) view.hide(column, true);
  else if (lower === "p" && place >= 0) view.pin(column);
  else if (lower === "v" && view.selected.length && (view.model.get("_deeds") || []).includes("curves")) view.model.send({ type: "curves" });
  else if (key === "ContextMenu" || (key === "F10" && event.shiftKey)) openColumnMenu(view, column, rect());
  else if (key === "Escape") leave(view);
  else used = false;
  if (used) { event.preventDefault(); event.stopPropagation(); }
}

function toggleCurrent(view) {
  const id = view.cursorId();
  if (id === null) return;
  view.anchor = id;
  view.toggle(id);
}

function extendBy(view, step) {
  view.anchor ??= view.cursorId();
  view.moveTo(Math.max(0, view.cursor.position + step));
  view.extend(view.cursor.position);
}

/** Esc closes what floats, then clears the selection, then leaves the table. */
function leave(view) {
  if (view.closeFloat) view.closeFloat();
  else if (view.selected.length) view.select([]);
  else view.grid.blur();
}
