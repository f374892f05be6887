// What keys do in the runs table.

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
  else if (event.ctrlKey && !event.shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) view.nudgeColumn(place, key === "ArrowRight" ? 1 : -1);
  else if (command || (event.altKey && key !== "Alt")) used = false;
  else if (move && event.shiftKey && move[0]) extendBy(view, move[0]);
  else if (position >= 0 && place < 0 && move?.[1] && view.foldByKey(position, key === "ArrowLeft")) used = true;
  else if (move) view.moveTo(position + move[0], place + move[1]);
  else if (key === "PageDown" || key === "PageUp") view.moveTo(Math.max(0, position + (key === "PageDown" ? page : -page)));
  else if (key === "Home") view.moveTo(0);
  else if (key === "End") view.moveTo(view.lines.length - 1);
  else if (key === " " && position >= 0) toggleCurrent(view);
  else if (key === "Enter" && position >= 0) view.open(position);
  else if (key === "Enter" || key === " ") view.sortBy(column, null, event.shiftKey);
  else if (key === "?") openKeys(view);
  else if (lower === "s") view.sortBy(column, null, event.shiftKey);
  else if (lower === "h" && place >= 0) view.hide(column, true);
  else if (lower === "p" && place >= 0) view.pin(column);
  else if (lower === "c") used = view.send("compare");
  else if (lower === "v") used = view.send("curves");
  else if (RUN_KEYS[lower]) used = view.runKey(RUN_KEYS[lower]);
  else if (key === "ContextMenu" || (key === "F10" && event.shiftKey)) { if (position < 0) openColumnMenu(view, column, rect()); else view.rowMenu(position, document.getElementById(view.cellId(position, -1))?.getBoundingClientRect() || rect()); }
  else if (key === "Escape") leave(view);
  else used = false;
  if (used) { event.preventDefault(); event.stopPropagation(); }
}

/** Keys of deeds; they act on the selected runs, else on the run under the cursor. */
const RUN_KEYS = { t: "tag", r: "rename", f: "star", n: "note", m: "move", Delete: "delete" };

const KEY_LIST = [
  ["/", "filter"], ["arrows, J K", "move to a cell"], ["Space", "select the run"], ["Shift \u2191 \u2193", "select a range"], ["Ctrl A", "select all"], ["Enter", "open the run"],
  ["\u2190 \u2192", "on a name: fold and unfold"], ["C", "compare"], ["V", "curves"], ["T", "tag"], ["R", "rename"], ["F", "star"], ["N", "note"], ["M", "move"], ["Del", "delete"],
  ["S, Shift S", "sort by the column, add it"], ["P", "pin the column"], ["H", "hide the column"], ["Ctrl \u2190 \u2192", "move the column"], ["Esc", "close, then clear, then leave"],
];

/** The list of keys. */
function openKeys(view) {
  const table = el("table", { class: "rt-keys" }, KEY_LIST.map(([keys, deed]) => el("tr", {}, el("td", {}, el("kbd", { text: keys })), el("td", { text: deed }))));
  openDialog(view.root, { title: "Keys of the table", body: [table] });
}

function toggleCurrent(view) {
  const group = view.groupAt(view.cursor.position);
  if (group) { view.toggleMany(group.rows); return; }
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
  if (view.selected.length) view.select([]);
  else view.grid.blur();
}
