// What is done to columns: sorted, shown as last, min or max, moved, pinned, hidden.

const columnDeeds = {
  headClick(event) {
    if (this.dragged) return;
    const menu = event.target.closest("[data-menu]"), head = event.target.closest("[data-column]");
    if (event.target.closest("[data-all]")) { this.selectAll(); return; }
    if (menu) { openColumnMenu(this, this.columnBy(menu.dataset.menu), menu.closest(".rt-head").getBoundingClientRect()); return; }
    if (!head) return;
    const column = this.columnBy(head.dataset.column);
    if (column?.kind === "curve") openColumnMenu(this, column, head.getBoundingClientRect()); else this.sortBy(column, null, event.shiftKey);
  },

  headMenu(event) {
    const head = event.target.closest("[data-column]");
    if (!head) return;
    event.preventDefault();
    openColumnMenu(this, this.columnBy(head.dataset.column), head.getBoundingClientRect());
  },

  columnBy(id) {
    return this.table.byId.get(id) || this.columns.find((column) => column.id === id);
  },

  /** Sort by a column; without a direction the other one, at first the one that puts the best on top. */
  sortBy(column, descending, add) {
    if (!column || column.kind === "curve") return;
    const present = this.sorting.find(({ id }) => id === column.id);
    const first = column.goal === "max" || column.kind === "time";
    const next = { id: column.id, descending: descending ?? (present ? !present.descending : first) };
    if (add && present) Object.assign(present, next);
    else if (add) this.sorting.push(next);
    else this.sorting = [next];
    this.sortedAnew();
  },

  unsort(column) {
    this.sorting = this.sorting.filter(({ id }) => id !== column.id);
    this.sortedAnew();
  },

  /** The page sorts what it holds; where the store has more, the store does. */
  sortedAnew() {
    if (this.isLarge()) { this.skip = 0; this.ask(); this.drawHead(); } else this.reorder();
    this.saveView();
  },

  show(column, aggregate) {
    this.setting(column).shown = aggregate;
    for (const table of [this.base, this.result]) {
      const found = table?.byId.get(column.id);
      if (found) this.dressColumn(found);
    }
    if (this.sorting.some(({ id }) => id === column.id)) this.sortNow();
    this.draw();
    this.saveView();
  },

  isPinned(column) {
    return Boolean(this.settings.get(column.id)?.pinned);
  },

  pin(column) {
    this.setting(column).pinned = !this.isPinned(column);
    if (this.isPinned(column)) this.setting(column).hidden = false;
    this.draw();
    this.saveView();
  },

  hide(column, hidden) {
    this.hideMany([column], hidden);
  },

  hideMany(columns, hidden) {
    for (const column of columns) this.setting(column).hidden = hidden;
    this.draw();
    this.saveView();
  },

  /** Hidden by choice, else by what the column is: ids, MLflow's own tags, what is the same everywhere by nature. */
  isHidden(column) {
    const chosen = this.settings.get(column.id)?.hidden;
    if (chosen !== undefined) return chosen;
    if (column.group === "tags") return /^(mlflow|trackbook)\./.test(column.key) || this.late.has(column.id);
    if (column.group !== "attributes") return this.late.has(column.id);
    if (column.key === "user_id" || column.key === "experiment") return column.texts.length < 2;
    return column.key === "end_time" || column.key === "run_id";
  },

  /** The columns that one may pick. */
  choices() {
    const curve = this.curveColumn();
    return [...this.table.columns.filter(({ id }) => id !== "attributes.run_name" && id !== "attributes.status"), ...(curve ? [curve] : [])];
  },

  // ---- where columns stand ----

  /** The columns among which one may be moved: the pinned ones, or those of its group. */
  mates(place) {
    const column = this.columns[place];
    if (!column) return [];
    const pinned = place < this.layout.pinned;
    return this.columns.filter((each, other) => (pinned ? other < this.layout.pinned : other >= this.layout.pinned && each.group === column.group));
  },

  /** Put a column before another of its mates, or behind all of them. */
  moveColumn(id, before) {
    const place = this.columns.findIndex((column) => column.id === id);
    const mates = this.mates(place).map((column) => column.id).filter((each) => each !== id);
    const at = before === null || !mates.includes(before) ? mates.length : mates.indexOf(before);
    if (before === id) return;
    mates.splice(at, 0, id);
    this.columnOrder = [...this.columnOrder.filter((each) => !mates.includes(each)), ...mates];
    this.draw();
    this.saveView();
  },

  /** Move the column at a place by one. */
  nudgeColumn(place, step) {
    const column = this.columns[place], mates = this.mates(place), at = mates.indexOf(column);
    if (!column || !mates[at + step]) return;
    this.moveColumn(column.id, step > 0 ? mates[at + 2]?.id ?? null : mates[at - 1].id);
    this.moveTo(this.cursor.position, this.columns.findIndex(({ id }) => id === column.id));
  },

  toggleDiffers() {
    this.differs = !this.differs;
    this.draw();
    this.saveView();
  },

  chooseCurve(key) {
    this.curve = key;
    this.draw();
    this.saveView();
  },

  narrowMetrics() {
    const metrics = this.columns.filter(({ kind }) => kind === "metric");
    const first = metrics.find(({ id }) => this.sorting.some((each) => each.id === id)) || metrics[0];
    return [first, metrics.find(({ goal }) => goal && goal !== first?.goal) || metrics.find((column) => column !== first)];
  },
};
