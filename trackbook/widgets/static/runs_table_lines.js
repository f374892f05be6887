// The lines of the runs table: nested runs as a tree that stays one however it is sorted, and groups of runs.
// A line is the row of a run, or -1 - (the place of a group).

/** Lines of sorted rows: {lines, depths (by row), kids (by row: how many children), groups}. */
function linesOf(table, order, groupColumn, folded) {
  const tree = table.parents ? { depths: new Uint8Array(table.rows), kids: new Int32Array(table.rows) } : { depths: null, kids: null };
  if (!groupColumn) return { ...tree, groups: [], lines: table.parents ? treeLines(table, order, folded, tree) : order };
  const groups = groupsOf(groupColumn, order), lines = [];
  groups.forEach((group, place) => {
    lines.push(-1 - place);
    const rows = table.parents ? treeLines(table, group.rows, folded, tree) : group.rows;
    if (!folded.has(group.fold)) for (const row of rows) lines.push(row);
  });
  return { ...tree, groups, lines: Int32Array.from(lines) };
}

/** Rows with the children of each below it; a run whose parent is not among them stands at the root. */
function treeLines(table, rows, folded, { depths, kids }) {
  const here = new Set(rows), below = new Map(), roots = [], lines = [], seen = new Set();
  for (const row of rows) {
    const parent = table.parents[row];
    if (parent < 0 || !here.has(parent)) roots.push(row);
    else if (below.has(parent)) below.get(parent).push(row);
    else below.set(parent, [row]);
  }
  const walk = (start) => {
    const stack = [[start, 0, true]];
    while (stack.length) {
      const [row, depth, shown] = stack.pop();
      if (seen.has(row)) continue;
      seen.add(row);
      const children = below.get(row) || [];
      depths[row] = Math.min(depth, 250);
      kids[row] = children.length;
      if (shown) lines.push(row);
      const open = shown && !folded.has(table.ids[row]);
      for (let place = children.length - 1; place >= 0; place -= 1) stack.push([children[place], depth + 1, open]);
    }
  };
  roots.forEach(walk);
  for (const row of rows) if (!seen.has(row)) walk(row); // runs that name each other as parents
  return lines;
}

/** Groups in the order of their first rows: [{value, fold, rows}]. */
function groupsOf(column, order) {
  const found = new Map();
  for (const row of order) {
    const value = column.kind === "text" ? column.text(row) : column.numbers[row];
    const key = value === null ? "" : `=${value}`;
    if (!found.has(key)) found.set(key, { value, fold: `${column.id}${key}`, rows: [], stats: new Map() });
    found.get(key).rows.push(row);
  }
  return [...found.values()];
}

/** What a group has in a column: a metric's {n, mean, sd}; of a text the one value, or how many there are. */
function groupStat(group, column) {
  const key = `${column.id} ${column.shown || ""}`;
  if (!group.stats.has(key)) group.stats.set(key, column.kind === "metric" || column.kind === "duration" ? numberStat(column.numbers, group.rows) : textStat(column, group.rows));
  return group.stats.get(key);
}

function numberStat(numbers, rows) {
  const values = [];
  for (const row of rows) if (Number.isFinite(numbers[row])) values.push(numbers[row]);
  const n = values.length, mean = n ? values.reduce((sum, value) => sum + value, 0) / n : NaN;
  const sd = n > 1 ? Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) : NaN;
  return { n, mean, sd };
}

function textStat(column, rows) {
  if (column.kind !== "text") return { texts: 0, text: null };
  const codes = new Set();
  for (const row of rows) codes.add(column.codes[row]);
  const [only] = codes;
  return { texts: codes.size, text: codes.size === 1 && only >= 0 ? column.texts[only] : null };
}

// ---- what is done to lines ----

const lineDeeds = {
  /** Make the lines anew from the sorted rows. */
  makeLines() {
    const column = this.group ? this.table.byId.get(this.group) : null;
    Object.assign(this, linesOf(this.table, this.order, column, this.folded));
    this.places = null;
  },

  /** The line of a run, or -1. */
  lineOf(id) {
    const row = id === null ? undefined : this.table.index.get(id);
    if (row === undefined) return -1;
    if (this.lines === this.order && !this.places) return this.lines.indexOf(row);
    this.places ??= new Map(Array.from(this.lines, (line, place) => [line, place]));
    return this.places.get(row) ?? -1;
  },

  groupAt(position) {
    const line = this.lines[position];
    return line < 0 ? this.groups[-1 - line] : null;
  },

  /** What folds at a line: the key of a group or of a run with children, or null. */
  foldKey(position) {
    const line = this.lines[position];
    if (line === undefined) return null;
    if (line < 0) return this.groups[-1 - line].fold;
    return this.kids?.[line] ? this.table.ids[line] : null;
  },

  fold(position, closed) {
    const key = this.foldKey(position);
    if (key === null) return;
    if (closed) this.folded.add(key); else this.folded.delete(key);
    this.makeLines();
    this.draw();
    this.saveView();
  },

  /** Left closes what is open, then goes to the parent; right opens. True if that was all. */
  foldByKey(position, left) {
    const key = this.foldKey(position), closed = key !== null && this.folded.has(key);
    if (key !== null && closed !== left) { this.fold(position, left); return true; }
    if (!left) return false;
    const line = this.lines[position], parent = line >= 0 && this.depths?.[line] ? this.table.parents[line] : -1;
    if (parent >= 0) { this.moveTo(this.lineOf(this.table.ids[parent]), -1); return true; }
    if (line >= 0 && this.groups.length) { for (let place = position; place >= 0; place -= 1) if (this.lines[place] < 0) { this.moveTo(place, -1); return true; } }
    return false;
  },

  foldAll(closed) {
    this.folded.clear();
    if (closed) {
      for (const group of this.groups) this.folded.add(group.fold);
      if (this.kids) this.kids.forEach((count, row) => { if (count) this.folded.add(this.table.ids[row]); });
    }
    this.makeLines();
    this.draw();
    this.saveView();
  },

  groupBy(id) {
    this.group = id;
    this.makeLines();
    this.scroll.scrollTop = 0;
    this.draw();
    this.saveView();
  },
};
