// The table of runs: rows exist only where one looks, and sorting, filtering and picking columns need no kernel.

const ROW_HEIGHT = 32, TALL_ROW_HEIGHT = 44, ROOM_BELOW = 76, OVERSCAN = 6;
const ASK_AFTER_MS = 500, AGE_EVERY_MS = 10_000;
const SHOWN_AT_FIRST = { attributes: 20, metrics: 60, params: 60, tags: 12 };

class RunsTableView {
  constructor(model, host) {
    this.model = model;
    this.uid = `rt${Math.random().toString(36).slice(2, 10)}`;
    this.widths = new Map();
    this.sorting = [];
    this.skip = 0;
    this.groups = [];
    this.lines = new Int32Array(0);
    this.filter = { kind: "all" };
    this.number = 0;
    this.order = new Int32Array(0);
    this.cursor = { position: 0, place: -1 };
    this.anchor = null;
    this.rows = new Map();
    this.columns = [];
    this.layout = { name: 160, sticky: 194, pinned: 0, groups: [], total: 0 };
    this.window = { from: 0, to: 0, gap: 0 };
    this.now = Date.now();
    this.stops = [];
    this.rowHeight = matchMedia("(pointer: coarse)").matches ? TALL_ROW_HEIGHT : ROW_HEIGHT;
    this.readSelection();
    const filter = this.readView();
    this.build(host);
    this.asker = new Asker(model, (busy) => this.drawBusy(busy));
    this.suggestions = new Suggestions(this);
    this.listen();
    this.take(true, filter);
  }

  // ---- elements ----

  build(host) {
    this.input = el("input", { class: "rt-input", type: "text", "aria-label": "Filter runs", spellcheck: "false", autocomplete: "off", placeholder: "Filter by text, or metrics.loss < 0.1 AND params.lr = '0.01'" });
    this.ink = el("div", { class: "rt-ink", "aria-hidden": "true" });
    this.count = el("span", { class: "rt-found tb-small tb-muted", role: "status" });
    this.box = el("div", { class: "rt-filter" }, icon("search"), el("div", { class: "rt-field" }, this.ink, this.input), this.count, el("kbd", { "aria-hidden": "true", text: "/" }));
    const tool = (text, glyph, more) => el("button", { class: "tb-button rt-tool", type: "button", "aria-label": text, ...more }, icon(glyph), el("span", { text }));
    this.columnsButton = tool("Columns", "columns", { "aria-haspopup": "dialog" });
    this.groupButton = tool("Group", "group", { "aria-haspopup": "dialog" });
    this.sortButton = tool("Sort", "sort", { "aria-haspopup": "dialog" });
    this.differsButton = tool("Only what differs", "differ", { "aria-pressed": "false" });
    this.moreButton = el("button", { class: "tb-button tb-square rt-dots", type: "button", "aria-label": "More about the table", title: "More", "aria-haspopup": "menu" }, icon("dots"));
    this.said = el("div", { class: "rt-said", role: "alert", id: `${this.uid}-said`, hidden: true });
    this.bar = el("div", { class: "rt-bar-top" }, this.box, this.columnsButton, this.groupButton, this.sortButton, this.differsButton, this.moreButton);
    this.notice = el("div", { class: "rt-notice tb-small", hidden: true });
    this.head = el("div", { class: "rt-header", role: "rowgroup" });
    this.body = el("div", { class: "rt-body", role: "rowgroup" });
    this.grid = el("div", { class: "rt-grid", role: "grid", tabindex: 0, "aria-multiselectable": "true" }, this.head, this.body);
    this.scroll = el("div", { class: "rt-scroll", tabindex: -1 }, this.grid);
    this.pill = el("button", { class: "rt-pill tb-float", type: "button", hidden: true });
    this.pillHolder = el("div", { class: "rt-pill-holder", role: "status" }, this.pill);
    this.selbar = el("div", { class: "rt-selbar tb-float", role: "toolbar", hidden: true });
    this.foot = el("div", { class: "rt-foot tb-small", hidden: true });
    this.empty = el("div", { class: "rt-empty-holder", hidden: true });
    this.stageNode = el("div", { class: "rt-stage" }, this.scroll, this.pillHolder, this.selbar);
    this.root = el("div", { class: "tb tb-card rt", "data-lm-suppress-shortcuts": "true" }, this.notice, this.bar, this.said, this.stageNode, this.foot, this.empty);
    const within = (this.model.get("_about") || {}).filter;
    if (within) this.input.placeholder = `Within ${within}: filter by text or by a comparison`;
    this.root.style.setProperty("max-height", `${this.model.get("height") || 560}px`);
    host.replaceChildren(this.root);
  }

  listen() {
    const on = (node, event, handler, options) => node.addEventListener(event, handler, options);
    on(this.input, "input", () => this.typed());
    on(this.input, "blur", () => this.suggestions.hide());
    on(this.input, "scroll", () => { this.ink.scrollLeft = this.input.scrollLeft; });
    on(this.input, "keydown", (event) => this.filterKey(event));
    const opens = (button, open) => on(button, "click", () => { const before = this.root.querySelector(":scope > .tb-over"); if (before?.anchor === button) before.close(); else { open(button); const over = this.root.querySelector(":scope > .tb-over"); if (over) over.anchor = button; } });
    opens(this.columnsButton, (button) => openColumnsList(this, button));
    opens(this.groupButton, (button) => openGroupChoice(this, button));
    opens(this.sortButton, (button) => openSortChoice(this, button));
    opens(this.moreButton, (button) => this.tableMenu(button));
    on(this.differsButton, "click", () => this.toggleDiffers());
    on(this.scroll, "scroll", () => this.scrolled(), { passive: true });
    on(this.head, "click", (event) => this.headClick(event));
    on(this.head, "contextmenu", (event) => this.headMenu(event));
    on(this.head, "pointerdown", (event) => dragHeader(this, event));
    on(this.body, "contextmenu", (event) => this.rowContext(event));
    on(this.body, "mousedown", (event) => { if (event.shiftKey) event.preventDefault(); });
    on(this.body, "click", (event) => this.rowClick(event));
    on(this.body, "dblclick", (event) => this.rowOpen(event));
    on(this.grid, "keydown", (event) => gridKey(this, event));
    on(this.selbar, "keydown", (event) => { if (!["Enter", " ", "Tab"].includes(event.key)) gridKey(this, event); });
    on(this.grid, "copy", (event) => this.copyCell(event));
    on(this.root, "keydown", (event) => { if (event.key === "/" && event.target !== this.input && !event.target.closest("input")) { event.preventDefault(); this.input.focus(); } });
    on(this.pill, "click", () => { this.pill.blur(); this.reorder(); });
    const follow = (event, handler) => { this.model.on(event, handler); this.stops.push(() => this.model.off(event, handler)); };
    follow("change:_table", () => this.takeSoon());
    follow("change:_patch", () => this.takeSoon());
    follow("change:view", () => this.viewCame());
    follow("change:permission", () => this.drawSelection());
    follow("change:_about", () => { this.takeOrder(); this.draw(); });
    follow("change:_deeds", () => this.drawSelection());
    follow("change:selected", () => this.selectionCame());
    follow("change:slots", () => this.selectionCame());
    follow("change:height", () => this.root.style.setProperty("max-height", `${this.model.get("height")}px`));
    follow("msg:custom", (content, buffers) => this.hear(content, buffers || []));
    const resize = new ResizeObserver(() => this.resized());
    resize.observe(this.root);
    const clock = setInterval(() => { if (!document.hidden && this.root.isConnected) { this.now = Date.now(); this.drawRows(true); } }, AGE_EVERY_MS);
    this.stops.push(() => resize.disconnect(), () => clearInterval(clock), followTheme(this.root, () => {}));
  }

  close() {
    this.root.querySelector(":scope > .tb-over")?.close();
    this.suggestions.hide();
    clearTimeout(this.asking);
    clearTimeout(this.curvesTimer);
    this.asker.remove();
    for (const stop of this.stops) stop();
  }

  // ---- data ----

  get table() {
    return this.result || this.base;
  }

  /** A whole table and no patch come in one message, one trait after the other: read both at once. */
  takeSoon() {
    if (this.taking) return;
    this.taking = true;
    queueMicrotask(() => { this.taking = false; this.take(false); });
  }

  /** Read the table that the model holds. New runs wait, the others stay where they are. */
  take(first, filter = "") {
    this.cursorAt = first ? null : this.cursorId();
    const whole = this.model.get("_table") || {}, before = this.table, ids = before ? Array.from(this.order, (row) => before.ids[row]) : [];
    this.now = Date.now();
    if (this.wholeOf !== whole) { this.wholeOf = whole; this.whole = decodeTable(whole.meta || {}, whole.buffers || [], this.now); }
    this.base = patchedTable(this.whole, this.model.get("_patch"), whole.number, this.now);
    for (const column of this.base.columns) this.dressColumn(column);
    const shown = (this.model.get("_about") || {}).deleted, other = !first && shown !== this.deletedShown;
    this.deletedShown = shown;
    if (first || !this.accepted.size || other) {
      this.accepted = new Set(this.base.ids);
      if (first) { this.takeOrder(); this.beginView(filter); }
      this.sortNow();
      this.draw();
      return;
    }
    if (this.filter.kind === "store") { this.ask(); this.drawPill(); return; }
    this.keepOrder(ids);
  }

  /** Show fresh values in the rows as they stand; what a new sort would move waits for a click. */
  keepOrder(ids) {
    const { table } = this, current = this.cursorAt;
    this.order = Int32Array.from(ids.map((id) => table.index.get(id)).filter((row) => row !== undefined));
    const wanted = this.ordered((row) => this.accepted.has(table.ids[row]));
    this.moved = wanted.length !== this.order.length || wanted.some((row, place) => row !== this.order[place]);
    this.freshOrder();
    const place = this.lineOf(current);
    if (place >= 0) this.cursor.position = place;
    this.draw();
  }

  /** What the user has chosen for a column before, on a column that just came. */
  dressColumn(column) {
    const chosen = this.settings.get(column.id);
    if (chosen?.shown && column.aggregates?.[chosen.shown]) column.shown = chosen.shown;
  }

  setting(column) {
    if (!this.settings.has(column.id)) this.settings.set(column.id, {});
    return this.settings.get(column.id);
  }

  /** Begin with the order in which the kernel asked for the runs. */
  takeOrder() {
    if (this.sorting.length) return;
    for (const { id, descending } of (this.model.get("_about") || {}).order || []) {
      const metric = id.startsWith("metrics.") ? metricOf(this.base, id.slice(8)) : null;
      const column = metric?.column || this.base.byId.get(id);
      if (!column) continue;
      if (metric) { this.setting(column).shown = metric.aggregate; this.dressColumn(column); }
      this.sorting.push({ id: column.id, descending });
    }
  }

  ordered(accept) {
    const { table } = this, matches = rowMatcher(this.filter, table), rows = [];
    for (let row = 0; row < table.rows; row += 1) if (accept(row) && matches(row)) rows.push(row);
    return sortRows(table, rows, this.sorting);
  }

  /** Filter and sort anew, with the runs that waited. */
  sortNow() {
    if (this.accepted.size !== this.base.rows || this.acceptedOf !== this.base) this.accepted = new Set(this.base.ids);
    this.acceptedOf = this.base;
    const id = this.cursorId();
    this.order = this.ordered(() => true);
    this.freshOrder();
    this.moved = false;
    const place = this.lineOf(id);
    this.cursor.position = place >= 0 ? place : Math.min(this.cursor.position, Math.max(0, this.lines.length - 1));
  }

  reorder() {
    this.sortNow();
    this.draw();
  }

  cursorId() {
    const row = this.lines[this.cursor.position];
    return row === undefined || row < 0 || !this.table ? null : this.table.ids[row] ?? null;
  }

  /** What was worked out for the rows shown no longer holds; formats follow what is shown. */
  freshOrder() {
    this.orderStamp = {};
    const members = this.order.slice().sort(), same = this.members?.length === members.length && this.membersOf === this.table && members.every((row, place) => row === this.members[place]);
    this.members = members;
    this.membersOf = this.table;
    if (!same) for (const column of this.table.columns) column.scopeTo(members);
    this.makeLines();
  }

  /** A value made once for the present order. */
  cached(kind, column, make) {
    if (this.cacheOf !== this.orderStamp) { this.cacheOf = this.orderStamp; this.cache = new Map(); }
    const key = `${kind} ${column.id} ${column.shown}`;
    if (!this.cache.has(key)) this.cache.set(key, make());
    return this.cache.get(key);
  }

  best(column) {
    return column.kind === "metric" ? this.cached("best", column, () => bestOf(column, this.order)) : null;
  }

  rankOf(column) {
    if (column.kind !== "metric" || this.sorting[0]?.id !== column.id) return null;
    return this.cached("rank", column, () => rankScale(column, this.order, this.sorting[0].descending));
  }

  // ---- drawing ----

  draw() {
    this.table.columns.forEach((column) => this.dressColumn(column));
    const nothing = this.base.rows === 0 && this.filter.kind === "all";
    this.empty.hidden = !nothing;
    this.bar.hidden = this.stageNode.hidden = nothing;
    if (nothing) {
      const back = el("button", { class: "tb-button", type: "button", on: { click: () => this.showDeleted(false) } }, "Back to the runs");
      this.empty.replaceChildren(emptyState(this.model.get("_about") || {}, back));
    }
    layOut(this);
    this.drawRows(true);  // before the header: it reads the scroll, which is cheap while nothing has changed
    this.drawHead();
    this.drawCount();
    this.drawPill();
    this.drawSelection();
    this.drawFoot();
    this.drawTools();
  }

  /** What the buttons above say of how the table stands, and the line over the deleted runs. */
  drawTools() {
    const say = (button, text, on) => { button.querySelector("span").textContent = text; button.classList.toggle("tb-on", on); };
    const count = this.sorting.length, column = this.group ? this.columnBy(this.group) : null, deleted = this.isDeleted() && this.base.rows > 0;
    say(this.groupButton, column ? `Group ${column.title}`.slice(0, 28) : "Group", Boolean(column));
    say(this.sortButton, count ? `Sort ${count}` : "Sort", false);
    this.differsButton.setAttribute("aria-pressed", String(Boolean(this.differs)));
    this.notice.hidden = !deleted;
    if (deleted) this.notice.replaceChildren(icon("trash"), el("span", { class: "tb-grow", text: "Deleted runs. Restore them, or purge them to free their space." }), el("button", { class: "tb-button tb-low", type: "button", on: { click: () => this.showDeleted(false) } }, "Back to the runs"));
  }

  drawBusy(busy) {
    if (busy) this.busyLine = say(this.root, "The kernel is busy. It does this when the cell ends.", {});
    else this.busyLine?.remove();
  }

  drawHead() {
    this.head.replaceChildren(...headerRows(this));
  }

  drawPill() {
    const fresh = this.base.ids.reduce((count, id) => count + (this.accepted.has(id) ? 0 : 1), 0);
    this.pill.hidden = !fresh && !this.moved;
    this.pill.textContent = fresh ? `${groupDigits(String(fresh))} new ${fresh === 1 ? "run" : "runs"}` : "Sort again";
  }

  drawFoot() {
    const { table } = this, number = (count) => groupDigits(String(count));
    this.foot.hidden = table.total <= table.rows;
    if (this.foot.hidden) return;
    const from = this.result ? this.skip : 0, size = this.base.rows;
    const turn = (text, skip, off) => el("button", { class: "tb-button tb-low", type: "button", disabled: off, on: { click: () => this.turnTo(skip) } }, text);
    this.foot.replaceChildren(el("span", { class: "tb-grow", text: `Runs ${number(from + 1)} to ${number(from + table.rows)} of ${number(table.total)}; sorted and filtered by the store` }),
      turn("Previous", Math.max(0, from - size), from === 0), turn("Next", from + size, from + table.rows >= table.total));
  }

  rowId(position) {
    return `${this.uid}-r${position}`;
  }

  cellId(position, place) {
    return `${this.uid}-r${position}-c${place}`;
  }

  scrolled() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = null; this.drawRows(false); });
  }

  /** Make the rows in view and forget the others; `anew` makes them all again. */
  drawRows(anew) {
    if (!this.layout.width) return;
    const { scrollTop, clientHeight } = this.scroll, height = this.rowHeight;
    this.scroll.classList.toggle("rt-scrolled", this.scroll.scrollLeft > 0);
    const slid = lookThrough(this);
    const from = Math.max(0, Math.floor(scrollTop / height) - OVERSCAN);
    const to = Math.min(this.lines.length, Math.ceil((scrollTop + Math.max(clientHeight, 200)) / height) + OVERSCAN);
    if (anew || slid) { for (const node of this.rows.values()) node.remove(); this.rows.clear(); }
    for (const [position, node] of this.rows) if (position < from || position >= to) { node.remove(); this.rows.delete(position); }
    const fresh = document.createDocumentFragment();
    for (let position = from; position < to; position += 1) {
      if (this.rows.has(position)) continue;
      const group = this.groupAt(position);
      const node = group ? groupRow(this, position, group) : (this.narrow ? narrowRow : wideRow)(this, position, this.lines[position]);
      this.rows.set(position, node);
      fresh.append(node);
    }
    this.body.append(fresh);
    this.drawCursor();
    this.wantCurves();
  }

  drawCursor() {
    const { position, place } = this.cursor;
    for (const [each, node] of this.rows) node.classList.toggle("rt-current", each === position);
    for (const node of this.grid.querySelectorAll(".rt-focus")) node.classList.remove("rt-focus");
    const cell = this.root.ownerDocument.getElementById(this.cellId(position, place));
    cell?.classList.add("rt-focus");
    if (cell) this.grid.setAttribute("aria-activedescendant", cell.id); else this.grid.removeAttribute("aria-activedescendant");
  }

  /** Bring a cell into view and make it the current one. */
  moveTo(position, place = this.cursor.place) {
    const low = this.lines.length ? -1 : 0;
    this.cursor = { position: Math.min(this.lines.length - 1, Math.max(low, position)), place: Math.min(this.narrow ? -1 : this.columns.length - 1, Math.max(-1, place)) };
    if (this.cursor.position >= 0) {
      const top = this.cursor.position * this.rowHeight, room = this.scroll.clientHeight - this.head.offsetHeight;
      if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
      else if (top + this.rowHeight > this.scroll.scrollTop + room) this.scroll.scrollTop = top + this.rowHeight - room;
    }
    const column = this.columns[this.cursor.place];
    if (column && this.cursor.place >= this.layout.pinned && !this.narrow) {
      const left = column.left - this.layout.sticky, room = this.scroll.clientWidth - this.layout.sticky;
      if (left < this.scroll.scrollLeft) this.scroll.scrollLeft = left;
      else if (left + column.width > this.scroll.scrollLeft + room) this.scroll.scrollLeft = left + column.width - room;
    }
    this.drawRows(false);
  }

  resized() {
    const width = this.root.clientWidth;
    if (!width || width === this.seenWidth) { this.drawRows(false); return; }
    this.seenWidth = width;
    this.draw();
  }
}

Object.assign(RunsTableView.prototype, filterDeeds, lineDeeds, curveDeeds, columnDeeds, selectionDeeds, viewDeeds, menuDeeds, runDeeds);

export default {
  render({ model, el: host }) {
    const view = new RunsTableView(model, host);
    return () => view.close();
  },
};
