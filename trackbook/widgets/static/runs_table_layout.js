// Where the columns of the runs table stand.

const MARK_WIDTH = 34, CELL_PADDING = 18, MOST_WIDTH = 260, RANK_ROOM = 50;
const ATTRIBUTE_ORDER = ["origin", "start_time", "duration", "curve"];

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
  const rank = columnRank(view), groups = Object.keys(GROUP_TITLES);
  pinned.sort((a, b) => rank(a) - rank(b));
  free.sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group) || rank(a) - rank(b));
  view.narrowCurve = view.narrow ? view.curveColumn() : null;
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
  view.body.style.setProperty("height", `${view.lines.length * view.rowHeight + ROOM_BELOW}px`);
}

/** Where a column stands in its group: as somebody put it, else attributes in their order and the others as they came. */
function columnRank(view) {
  const chosen = new Map(view.columnOrder.map((id, place) => [id, place]));
  return ({ id, group, key }) => {
    if (chosen.has(id)) return chosen.get(id);
    const place = group === "attributes" ? ATTRIBUTE_ORDER.indexOf(key) : -1;
    return view.columnOrder.length + (place < 0 ? ATTRIBUTE_ORDER.length : place);
  };
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
  if (column.kind === "curve") return CURVE_WIDTH + CELL_PADDING;
  const place = view.sorting.findIndex(({ id }) => id === column.id);
  const tag = column.kind === "metric" && column.several ? 40 : 0;
  const arrow = place < 0 ? 0 : view.sorting.length > 1 ? 24 : 15;
  const head = 1.04 * measure(column.title, "500 12px") + 2 + tag + arrow;
  const rank = column.kind === "metric" && place === 0 ? RANK_ROOM : 0, spread = view.group && column.kind === "metric" ? 62 : 0;
  const text = Math.max(view.widths.get(column.id) || 40, textWidth(view, column, measure));
  view.widths.set(column.id, text);
  return Math.min(MOST_WIDTH, Math.ceil(Math.max(head, text + Math.max(rank, spread))) + CELL_PADDING);
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
  const extra = (view.kids ? 40 : 0) + (view.group ? 90 : 0) + (view.table.byId.has("tags.trackbook.star") ? 20 : 0) + (view.table.byId.has("tags.mlflow.note.content") ? 20 : 0);
  const widest = (column ? Math.max(90, 1.06 * textWidth(view, column, measure)) : 90) + extra;
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
