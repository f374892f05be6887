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
    this.root.style.setProperty("max-height", `${this.model.get("height") || 560}px`);
    host.replaceChildren(this.root);
  }

  listen() {
    const on = (node, event, handler, options) => node.addEventListener(event, handler, options);
    on(this.input, "input", () => this.typed());
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
    this.order = Int32Array.from(ids.map((id) => table.index.get(id)).filter((row) => row !== undefined));
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

  // ---- filter ----

  typed() {
    const text = this.input.value;
    this.drawInk();
    clearTimeout(this.asking);
    const parsed = parseRunFilter(text, this.base);
    if (parsed.kind === "unfinished") return;
    if (parsed.kind === "store") { this.asking = setTimeout(() => this.ask(), ASK_AFTER_MS); return; }
    this.number += 1;
    this.say(null);
    this.applyFilter(parsed, null);
  }

  /** Ask the kernel, which asks the store; until it answers, and if it refuses, the last result stays. */
  ask() {
    clearTimeout(this.asking);
    this.number += 1;
    this.model.send({ type: "filter", view: this.uid, number: this.number, text: this.input.value });
    this.waiting = true;
    this.drawCount();
  }

  hear(content, buffers) {
    if (content.view !== this.uid || content.number !== this.number) return;
    this.waiting = false;
    if (content.type === "refused") {
      this.say(content);
    } else if (content.type === "filtered") {
      this.say(null);
      const fresh = this.filter.kind !== "store";
      const result = decodeTable(content.meta, buffers, this.now);
      for (const column of result.columns) this.dressColumn(column);
      this.applyFilter({ kind: "store" }, result, fresh || this.result?.filterText !== content.text);
      this.result.filterText = content.text;
    }
    this.drawCount();
  }

  applyFilter(filter, result, toTop = true) {
    this.waiting = false;
    const id = this.cursorId();
    this.filter = filter;
    this.result = result;
    this.order = new Int32Array(0);
    this.sortNow();
    const place = id === null ? -1 : this.order.indexOf(this.table.index.get(id) ?? -1);
    this.cursor.position = Math.max(0, place);
    if (toTop) this.scroll.scrollTop = 0;
    this.draw();
  }

  /** Show under the box why a filter was refused. */
  say(refusal) {
    this.refused = refusal;
    this.box.classList.toggle("rt-bad", Boolean(refusal));
    this.input.setAttribute("aria-invalid", String(Boolean(refusal)));
    if (refusal) this.input.setAttribute("aria-describedby", this.said.id); else this.input.removeAttribute("aria-describedby");
    this.said.hidden = !refusal;
    this.said.replaceChildren();
    if (refusal) {
      if (refusal.column) this.said.append(el("span", { class: "rt-column tb-code", text: `col ${refusal.column}` }));
      this.said.append(el("span", { dir: "auto", text: refusal.message }));
    }
    this.drawInk();
  }

  filterKey(event) {
    if (event.key === "Enter") {
      if (parseRunFilter(this.input.value, this.base).kind === "store" || parseRunFilter(this.input.value, this.base).kind === "unfinished") this.ask();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.input.value) { this.input.value = ""; this.typed(); } else this.grid.focus();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.grid.focus();
    }
  }

  // ---- sort and columns ----

  headClick(event) {
    const menu = event.target.closest("[data-menu]"), head = event.target.closest("[data-column]");
    if (event.target.closest("[data-all]")) { this.selectAll(); return; }
    if (menu) { openColumnMenu(this, this.table.byId.get(menu.dataset.menu), menu.closest(".rt-head").getBoundingClientRect()); return; }
    if (head) this.sortBy(this.table.byId.get(head.dataset.column), null, event.shiftKey);
  }

  headMenu(event) {
    const head = event.target.closest("[data-column]");
    if (!head) return;
    event.preventDefault();
    openColumnMenu(this, this.table.byId.get(head.dataset.column), head.getBoundingClientRect());
  }

  /** Sort by a column; without a direction the other one, at first the one that puts the best on top. */
  sortBy(column, descending, add) {
    if (!column) return;
    const present = this.sorting.find(({ id }) => id === column.id);
    const first = column.goal === "max" || column.kind === "time";
    const next = { id: column.id, descending: descending ?? (present ? !present.descending : first) };
    if (add && present) Object.assign(present, next);
    else if (add) this.sorting.push(next);
    else this.sorting = [next];
    this.reorder();
  }

  unsort(column) {
    this.sorting = this.sorting.filter(({ id }) => id !== column.id);
    this.reorder();
  }

  show(column, aggregate) {
    this.setting(column).shown = aggregate;
    for (const table of [this.base, this.result]) {
      const found = table?.byId.get(column.id);
      if (found) this.dressColumn(found);
    }
    if (this.sorting.some(({ id }) => id === column.id)) this.sortNow();
    this.draw();
  }

  isPinned(column) {
    return Boolean(this.settings.get(column.id)?.pinned);
  }

  pin(column) {
    this.setting(column).pinned = !this.isPinned(column);
    if (this.isPinned(column)) this.setting(column).hidden = false;
    this.draw();
  }

  hide(column, hidden) {
    this.hideMany([column], hidden);
  }

  hideMany(columns, hidden) {
    for (const column of columns) this.setting(column).hidden = hidden;
    this.draw();
  }

  /** Hidden by choice, else by what the column is: ids, MLflow's own tags, what is the same everywhere by nature. */
  isHidden(column) {
    const chosen = this.settings.get(column.id)?.hidden;
    if (chosen !== undefined) return chosen;
    if (column.group === "tags") return /^(mlflow|trackbook)\./.test(column.key) || this.late.has(column.id);
    if (column.group !== "attributes") return this.late.has(column.id);
    if (column.key === "user_id" || column.key === "experiment") return column.texts.length < 2;
    return column.key === "end_time" || column.key === "run_id";
  }

  /** The columns that one may pick. */
  choices() {
    return this.table.columns.filter(({ id }) => id !== "attributes.run_name" && id !== "attributes.status");
  }

  toggleDiffers() {
    this.differs = !this.differs;
    this.differsButton.setAttribute("aria-pressed", String(this.differs));
    this.draw();
  }

  narrowMetrics() {
    const metrics = this.columns.filter(({ kind }) => kind === "metric");
    const first = metrics.find(({ id }) => this.sorting.some((each) => each.id === id)) || metrics[0];
    return [first, metrics.find(({ goal }) => goal && goal !== first?.goal) || metrics.find((column) => column !== first)];
  }

  // ---- selection ----

  readSelection() {
    this.selected = this.model.get("selected") || [];
    this.slots = this.model.get("slots") || {};
    this.chosen = new Set(this.selected);
  }

  isSelected(id) {
    return this.chosen.has(id);
  }

  /** The page gives the slots itself, by the kernel's rule, since a kernel that trains is slow to answer. */
  select(ids) {
    const slots = slotsOf(ids, this.slots);
    this.model.set("selected", ids);
    this.model.set("slots", slots);
    this.model.save_changes();
    this.selectionCame();
  }

  selectionCame() {
    this.readSelection();
    this.drawRows(true);
    this.drawHead();
    this.drawSelection();
  }

  toggle(id) {
    this.select(this.chosen.has(id) ? this.selected.filter((each) => each !== id) : [...this.selected, id]);
  }

  extend(position) {
    const from = this.anchor === null ? position : this.order.indexOf(this.table.index.get(this.anchor) ?? -1);
    const [low, high] = from < 0 ? [position, position] : [Math.min(from, position), Math.max(from, position)];
    const range = Array.from(this.order.slice(low, high + 1), (row) => this.table.ids[row]);
    this.select([...this.selected, ...range.filter((id) => !this.chosen.has(id))]);
  }

  selectAll() {
    const ids = Array.from(this.order, (row) => this.table.ids[row]);
    const all = ids.every((id) => this.chosen.has(id));
    this.select(all ? [] : [...this.selected, ...ids.filter((id) => !this.chosen.has(id))]);
  }

  rowClick(event) {
    const node = event.target.closest("[data-position]");
    if (!node || String(getSelection())) return;
    const position = Number(node.dataset.position), id = this.table.ids[this.order[position]];
    this.cursor = { position, place: this.placeOf(event.target) };
    this.grid.focus({ preventScroll: true });
    if (event.shiftKey) this.extend(position);
    else {
      this.anchor = id;
      if (event.ctrlKey || event.metaKey || event.target.closest(".rt-mark")) this.toggle(id);
      else this.select([id]);
    }
    this.drawCursor();
  }

  placeOf(target) {
    const cell = target.closest("[aria-colindex]");
    return cell ? Math.max(-1, Number(cell.getAttribute("aria-colindex")) - 3) : -1;
  }

  rowOpen(event) {
    const node = event.target.closest("[data-position]");
    if (!node || event.target.closest(".rt-mark")) return;
    getSelection().removeAllRanges();
    this.open(Number(node.dataset.position));
  }

  open(position) {
    const row = this.order[position];
    if (row !== undefined) this.model.send({ type: "open", run_id: this.table.ids[row] });
  }

  copyCell(event) {
    if (String(getSelection()) || !this.order.length) return;
    const row = this.order[this.cursor.position], column = this.columns[this.cursor.place];
    event.clipboardData.setData("text/plain", column ? cellContent(this.table, column, row, this.now).full : runName(this.table, row));
    event.preventDefault();
  }

  // ---- drawing ----

  draw() {
    this.table.columns.forEach((column) => this.dressColumn(column));
    const nothing = this.base.rows === 0 && this.filter.kind === "all";
    this.empty.hidden = !nothing;
    this.bar.hidden = this.stageNode.hidden = nothing;
    if (nothing) this.empty.replaceChildren(emptyState(this.model.get("_about") || {}));
    layOut(this);
    this.drawHead();
    this.drawRows(true);
    this.drawCount();
    this.drawPill();
    this.drawSelection();
    this.drawFoot();
  }

  drawHead() {
    this.head.replaceChildren(...headerRows(this));
  }

  drawInk() {
    this.ink.replaceChildren(...filterPieces(this.input.value, this.refused?.column).map(([text, look]) => el("span", { class: look || null, text })));
    this.ink.scrollLeft = this.input.scrollLeft;
  }

  drawCount() {
    const all = this.base.total, shown = this.result ? this.result.total : this.order.length;
    const plain = this.filter.kind === "all";
    const number = (count) => groupDigits(String(count));
    this.count.textContent = this.waiting ? "asking the store" : this.refused ? "last result kept" : plain ? `${number(all)} ${all === 1 ? "run" : "runs"}` : `${number(shown)} of ${number(all)} runs`;
    const title = (this.model.get("_about") || {}).title;
    this.grid.setAttribute("aria-label", `Runs${title ? ` of ${title}` : ""}, ${number(this.order.length)} of ${number(all)}`);
    this.grid.setAttribute("aria-rowcount", this.order.length + 2);
    this.grid.setAttribute("aria-colcount", this.columns.length + 2);
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

  drawSelection() {
    const count = this.selected.length, coloured = Object.keys(this.slots).length;
    this.selbar.hidden = count === 0;
    if (!count) return;
    const marks = this.selected.filter((id) => this.slots[id]).slice(0, this.narrow ? 6 : 12).map((id) => runMark(this.slots[id], 14));
    const deeds = this.model.get("_deeds") || [];
    const number = groupDigits(String(count));
    this.selbar.setAttribute("aria-label", `${number} selected ${count === 1 ? "run" : "runs"}`);
    this.selbar.replaceChildren(
      el("b", { class: "tb-bold tb-small", text: this.narrow ? number : `${number} selected` }), el("span", { class: "rt-marks" }, marks),
      ...(count > coloured ? [el("span", { class: "tb-caption tb-muted", text: `${coloured} with a colour` })] : []), el("span", { class: "rt-rule" }),
      ...(deeds.includes("curves") ? [el("button", { class: "tb-button tb-primary", type: "button", on: { click: () => this.model.send({ type: "curves" }) } }, icon("curves"), el("span", { text: "Curves" }))] : []),
      el("button", { class: "tb-button tb-ghost", type: "button", "aria-label": "Clear selection", on: { click: () => { this.select([]); this.grid.focus({ preventScroll: true }); } } },
        this.narrow ? icon("close") : [el("span", { text: "Clear" }), el("kbd", { "aria-hidden": "true", text: "Esc" })]));
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

export default {
  render({ model, el: host }) {
    const view = new RunsTableView(model, host);
    return () => view.close();
  },
};
