// The table of runs: rows exist only where one looks, and sorting, filtering and picking columns need no kernel.

const ROW_HEIGHT = 32, TALL_ROW_HEIGHT = 44, ROOM_BELOW = 76, OVERSCAN = 6;
const ASK_AFTER_MS = 500, AGE_EVERY_MS = 10_000;
const SHOWN_AT_FIRST = { attributes: 20, metrics: 60, params: 60, tags: 12 };

class RunsTableView {
  constructor(model, host) {
    this.model = model;
    this.uid = `rt${Math.random().toString(36).slice(2, 10)}`;
    this.settings = new Map();
    this.sorting = [];
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
    this.build(host);
    this.suggestions = new Suggestions(this);
    this.listen();
    this.take(true);
  }

  // ---- elements ----

  build(host) {
    this.input = el("input", { class: "rt-input", type: "text", "aria-label": "Filter runs", spellcheck: "false", autocomplete: "off", placeholder: "Filter by text, or metrics.loss < 0.1 AND params.lr = '0.01'" });
    this.ink = el("div", { class: "rt-ink", "aria-hidden": "true" });
    this.count = el("span", { class: "rt-found tb-small tb-muted", role: "status" });
    this.box = el("div", { class: "rt-filter" }, icon("search"), el("div", { class: "rt-field" }, this.ink, this.input), this.count, el("kbd", { "aria-hidden": "true", text: "/" }));
    this.columnsButton = el("button", { class: "tb-button rt-tool", type: "button", "aria-haspopup": "dialog", "aria-label": "Columns" }, icon("columns"), el("span", { text: "Columns" }));
    this.differsButton = el("button", { class: "tb-button rt-tool", type: "button", "aria-pressed": "false", "aria-label": "Only what differs" }, icon("differ"), el("span", { text: "Only what differs" }));
    this.said = el("div", { class: "rt-said", role: "alert", id: `${this.uid}-said`, hidden: true });
    this.bar = el("div", { class: "rt-bar-top" }, this.box, this.columnsButton, this.differsButton);
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
    this.root = el("div", { class: "tb tb-card rt", "data-lm-suppress-shortcuts": "true" }, this.bar, this.said, this.stageNode, this.foot, this.empty);
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
    on(this.columnsButton, "click", () => (this.closeFloat ? this.closeFloat() : openColumnsList(this, this.columnsButton.getBoundingClientRect())));
    on(this.differsButton, "click", () => this.toggleDiffers());
    on(this.scroll, "scroll", () => this.scrolled(), { passive: true });
    on(this.head, "click", (event) => this.headClick(event));
    on(this.head, "contextmenu", (event) => this.headMenu(event));
    on(this.body, "mousedown", (event) => { if (event.shiftKey) event.preventDefault(); });
    on(this.body, "click", (event) => this.rowClick(event));
    on(this.body, "dblclick", (event) => this.rowOpen(event));
    on(this.grid, "keydown", (event) => gridKey(this, event));
    on(this.grid, "copy", (event) => this.copyCell(event));
    on(this.root, "keydown", (event) => { if (event.key === "/" && event.target !== this.input && !event.target.closest("input")) { event.preventDefault(); this.input.focus(); } });
    on(this.pill, "click", () => { this.pill.blur(); this.reorder(); });
    const follow = (event, handler) => { this.model.on(event, handler); this.stops.push(() => this.model.off(event, handler)); };
    follow("change:_table", () => this.take(false));
    follow("change:_about", () => this.draw());
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
    this.closeFloat?.();
    this.suggestions.hide();
    clearTimeout(this.asking);
    for (const stop of this.stops) stop();
  }

  // ---- data ----

  get table() {
    return this.result || this.base;
  }

  /** Read the table that the model holds. New runs wait, the others stay where they are. */
  take(first) {
    const { meta, buffers } = this.model.get("_table") || {};
    const before = this.table, ids = before ? Array.from(this.order, (row) => before.ids[row]) : [];
    this.now = Date.now();
    this.base = decodeTable(meta || {}, buffers || [], this.now);
    for (const column of this.base.columns) this.dressColumn(column);
    if (first || !this.accepted.size) {
      this.accepted = new Set(this.base.ids);
      if (first) this.takeOrder();
      this.sortNow();
      this.draw();
      return;
    }
    if (this.filter.kind === "store") { this.ask(); this.drawPill(); return; }
    this.keepOrder(ids);
  }

  /** Show fresh values in the rows as they stand; what a new sort would move waits for a click. */
  keepOrder(ids) {
    const { table } = this;
    const current = ids[this.cursor.position];
    this.order = Int32Array.from(ids.map((id) => table.index.get(id)).filter((row) => row !== undefined));
    const place = this.order.indexOf(table.index.get(current) ?? -1);
    if (place >= 0) this.cursor.position = place;
    const wanted = this.ordered((row) => this.accepted.has(table.ids[row]));
    this.moved = wanted.length !== this.order.length || wanted.some((row, place) => row !== this.order[place]);
    this.freshOrder();
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
    const place = id === null ? -1 : this.order.indexOf(this.table.index.get(id) ?? -1);
    this.cursor.position = place >= 0 ? place : Math.min(this.cursor.position, Math.max(0, this.order.length - 1));
  }

  reorder() {
    this.sortNow();
    this.draw();
  }

  cursorId() {
    const row = this.order[this.cursor.position];
    return row === undefined || !this.table ? null : this.table.ids[row] ?? null;
  }

  /** What was worked out for the rows shown no longer holds; formats follow what is shown. */
  freshOrder() {
    this.orderStamp = {};
    const members = this.order.slice().sort(), same = this.members?.length === members.length && this.membersOf === this.table && members.every((row, place) => row === this.members[place]);
    this.members = members;
    this.membersOf = this.table;
    if (!same) for (const column of this.table.columns) column.scopeTo(members);
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
    if (nothing) this.empty.replaceChildren(emptyState(this.model.get("_about") || {}));
    layOut(this);
    this.drawRows(true);  // before the header: it reads the scroll, which is cheap while nothing has changed
    this.drawHead();
    this.drawCount();
    this.drawPill();
    this.drawSelection();
    this.drawFoot();
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
    const { table } = this;
    this.foot.hidden = table.total <= table.rows;
    this.foot.textContent = `Showing ${groupDigits(String(table.rows))} of ${groupDigits(String(table.total))} runs; narrow the filter`;
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
    const to = Math.min(this.order.length, Math.ceil((scrollTop + Math.max(clientHeight, 200)) / height) + OVERSCAN);
    if (anew || slid) { for (const node of this.rows.values()) node.remove(); this.rows.clear(); }
    for (const [position, node] of this.rows) if (position < from || position >= to) { node.remove(); this.rows.delete(position); }
    const fresh = document.createDocumentFragment();
    for (let position = from; position < to; position += 1) {
      if (this.rows.has(position)) continue;
      const node = (this.narrow ? narrowRow : wideRow)(this, position, this.order[position]);
      this.rows.set(position, node);
      fresh.append(node);
    }
    this.body.append(fresh);
    this.drawCursor();
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
    const low = this.order.length ? -1 : 0;
    this.cursor = { position: Math.min(this.order.length - 1, Math.max(low, position)), place: Math.min(this.narrow ? -1 : this.columns.length - 1, Math.max(-1, place)) };
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

Object.assign(RunsTableView.prototype, filterDeeds, columnDeeds, selectionDeeds);

export default {
  render({ model, el: host }) {
    const view = new RunsTableView(model, host);
    return () => view.close();
  },
};
