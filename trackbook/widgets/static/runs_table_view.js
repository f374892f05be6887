// How the table stands, kept in the panel's `view`: what is usual is left out, so that a view is short.

const viewDeeds = {
  /** The view as it would be given to a new panel. */
  viewNow() {
    const columns = {};
    for (const [id, { shown, pinned, hidden }] of this.settings) {
      const chosen = { ...(shown ? { shown } : {}), ...(pinned ? { pinned } : {}), ...(hidden !== undefined ? { hidden } : {}) };
      if (Object.keys(chosen).length) columns[id] = chosen;
    }
    const sort = this.sorting.map(({ id, descending }) => ({ id, descending }));
    const kept = {
      filter: this.input.value.trim(), sort: JSON.stringify(sort) === this.usualSort ? [] : sort, columns, order: this.columnOrder, differs: Boolean(this.differs),
      group: this.group || "", curve: this.curve || "", folded: [...this.folded].slice(0, 500), deleted: this.isDeleted(),
    };
    for (const [key, value] of Object.entries(kept)) {
      if (!value || (typeof value === "object" && !Object.keys(value).length)) delete kept[key];
    }
    return kept;
  },

  /** Write the view where it has changed; other keys in it are left as they are. */
  saveView() {
    const now = this.viewNow(), before = this.model.get("view") || {};
    const mine = ["filter", "sort", "columns", "order", "differs", "group", "curve", "folded", "deleted"];
    const next = { ...Object.fromEntries(Object.entries(before).filter(([key]) => !mine.includes(key))), ...now };
    if (JSON.stringify(next) === JSON.stringify(before)) return;
    this.writing = true;
    this.seenView = JSON.stringify(next);
    this.model.set("view", next);
    this.model.save_changes();
    this.writing = false;
    this.drawTools();
  },

  /** Take settings from the view; what does not make sense is left out. */
  readView() {
    const view = this.model.get("view") || {}, list = (value) => (Array.isArray(value) ? value : []);
    this.settings = new Map(Object.entries(view.columns || {}).map(([id, chosen]) => [id, { ...chosen }]));
    this.columnOrder = list(view.order).map(String);
    this.differs = Boolean(view.differs);
    this.group = typeof view.group === "string" && view.group ? view.group : null;
    this.curve = typeof view.curve === "string" && view.curve ? view.curve : null;
    this.folded = new Set(list(view.folded));
    this.viewSort = list(view.sort).filter((one) => one && typeof one.id === "string").map(({ id, descending }) => ({ id, descending: Boolean(descending) }));
    return typeof view.filter === "string" ? view.filter : "";
  },

  /** The view was written by the kernel or by another page of the panel. */
  viewCame() {
    if (this.writing || JSON.stringify(this.model.get("view") || {}) === this.seenView) return; // an echo of our own
    this.seenView = JSON.stringify(this.model.get("view") || {});
    const filter = this.readView();
    for (const column of this.base.columns) this.dressColumn(column);
    this.sorting = this.viewSort.length ? this.viewSort : JSON.parse(this.usualSort);
    if (this.input.value !== filter) { this.input.value = filter; this.typed(false); }
    this.sortNow();
    this.draw();
  },

  /** Begin as the view says. */
  beginView(filter) {
    this.seenView = JSON.stringify(this.model.get("view") || {});
    this.usualSort = JSON.stringify(this.sorting);
    if (this.viewSort.length) this.sorting = this.viewSort;
    if (!filter) return;
    this.input.value = filter;
    const parsed = parseRunFilter(filter, this.base);
    this.drawInk();
    if (parsed.kind === "store") this.ask(); else if (parsed.kind !== "unfinished") this.filter = parsed;
  },

  isDeleted() {
    return Boolean((this.model.get("view") || {}).deleted);
  },

  /** Turn to the deleted runs, or back. */
  showDeleted(on) {
    const view = { ...this.model.get("view") };
    if (on) view.deleted = true; else delete view.deleted;
    if (this.input.value) { this.input.value = ""; this.typed(); }
    delete view.filter;
    this.seenView = JSON.stringify(view);
    this.model.set("view", view);
    this.model.save_changes();
  },
};
