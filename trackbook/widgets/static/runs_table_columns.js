// What is done to columns: sorted, shown as last, min or max, pinned, hidden.

const columnDeeds = {
  headClick(event) {
    const menu = event.target.closest("[data-menu]"), head = event.target.closest("[data-column]");
    if (event.target.closest("[data-all]")) { this.selectAll(); return; }
    if (menu) { openColumnMenu(this, this.table.byId.get(menu.dataset.menu), menu.closest(".rt-head").getBoundingClientRect()); return; }
    if (head) this.sortBy(this.table.byId.get(head.dataset.column), null, event.shiftKey);
  },

  headMenu(event) {
    const head = event.target.closest("[data-column]");
    if (!head) return;
    event.preventDefault();
    openColumnMenu(this, this.table.byId.get(head.dataset.column), head.getBoundingClientRect());
  },

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
  },

  unsort(column) {
    this.sorting = this.sorting.filter(({ id }) => id !== column.id);
    this.reorder();
  },

  show(column, aggregate) {
    this.setting(column).shown = aggregate;
    for (const table of [this.base, this.result]) {
      const found = table?.byId.get(column.id);
      if (found) this.dressColumn(found);
    }
    if (this.sorting.some(({ id }) => id === column.id)) this.sortNow();
    this.draw();
  },

  isPinned(column) {
    return Boolean(this.settings.get(column.id)?.pinned);
  },

  pin(column) {
    this.setting(column).pinned = !this.isPinned(column);
    if (this.isPinned(column)) this.setting(column).hidden = false;
    this.draw();
  },

  hide(column, hidden) {
    this.hideMany([column], hidden);
  },

  hideMany(columns, hidden) {
    for (const column of columns) this.setting(column).hidden = hidden;
    this.draw();
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
    return this.table.columns.filter(({ id }) => id !== "attributes.run_name" && id !== "attributes.status");
  },

  toggleDiffers() {
    this.differs = !this.differs;
    this.differsButton.setAttribute("aria-pressed", String(this.differs));
    this.draw();
  },

  narrowMetrics() {
    const metrics = this.columns.filter(({ kind }) => kind === "metric");
    const first = metrics.find(({ id }) => this.sorting.some((each) => each.id === id)) || metrics[0];
    return [first, metrics.find(({ goal }) => goal && goal !== first?.goal) || metrics.find((column) => column !== first)];
  },
};
