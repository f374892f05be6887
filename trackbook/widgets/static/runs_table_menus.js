// Menus of the runs table: of a column, of a row, and of the table; and the list of columns.

/** A float with items of which one is focused at once; arrows go through them. */
function openItems(view, anchor, parts, properties) {
  const panel = openAt(view.root, anchor, parts, { class: "tb-over tb-float rt-float", ...properties });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    moveFocus(panel, event.key === "ArrowDown" ? 1 : -1);
  });
  return panel;
}

function moveFocus(panel, step) {
  const items = [...panel.querySelectorAll("button:not(:disabled), input")];
  const place = items.indexOf(document.activeElement);
  items[(place + step + items.length) % items.length]?.focus();
}

/** The menu of one column: what it shows, how it sorts, where it stands. */
function openColumnMenu(view, column, anchor) {
  const place = view.columns.indexOf(column);
  const done = (deed) => () => { panel.close(); deed(); };
  const item = (text, deed, { checked = null, key = null, off = false } = {}) => el("button", {
    class: `rt-item${checked ? " rt-on" : ""}`, type: "button", disabled: off, role: checked === null ? "menuitem" : "menuitemradio", "aria-checked": checked === null ? null : String(checked), on: { click: done(deed) },
  }, el("span", { class: "tb-grow", text }), checked ? icon("check") : null, key ? el("kbd", { text: key }) : null);
  const parts = [];
  if (column.kind === "metric" && column.several) {
    parts.push(el("div", { class: "rt-heading", dir: "auto", text: `${column.title}, show as` }));
    for (const name of ["last", "min", "max"]) if (column.aggregates[name]) parts.push(item(name, () => view.show(column, name), { checked: column.shown === name }));
    parts.push(item("Curves of it in the table", () => view.chooseCurve(column.key)), el("hr", {}));
  }
  if (column.kind === "curve") parts.push(item("Curves of another metric\u2026", () => openCurveChoice(view, anchor)), el("hr", {}));
  else {
    parts.push(item("Sort ascending", () => view.sortBy(column, false, false), { key: "S" }), item("Sort descending", () => view.sortBy(column, true, false)));
    if (view.sorting.length) parts.push(item("Add to sort", () => view.sortBy(column, null, true)));
    if (view.sorting.some(({ id }) => id === column.id)) parts.push(item("Do not sort by it", () => view.unsort(column)));
    if (column.kind === "text") parts.push(view.group === column.id ? item("Do not group", () => view.groupBy(null)) : item("Group by it", () => view.groupBy(column.id)));
  }
  if (place >= 0) {
    parts.push(el("hr", {}), item(view.isPinned(column) ? "Unpin column" : "Pin column", () => view.pin(column), { key: "P" }), item("Hide column", () => view.hide(column, true), { key: "H" }));
    if (view.mates(place).length > 1) parts.push(item("Move left", () => view.nudgeColumn(place, -1), { key: "Ctrl \u2190" }), item("Move right", () => view.nudgeColumn(place, 1), { key: "Ctrl \u2192" }));
  }
  const panel = openItems(view, anchor, parts, { role: "menu", "aria-label": column.title });
  panel.querySelector("button")?.focus();
}

/** The list of all columns: pick, pin, and choose last, min or max. */
function openColumnsList(view, anchor) {
  const list = el("div", { class: "rt-list" });
  const search = el("input", { class: "tb-input rt-search", type: "search", placeholder: "Find column", "aria-label": "Find column", on: { input: () => fill() } });
  const fill = () => {
    const wanted = search.value.trim().toLowerCase(), top = list.scrollTop;
    list.replaceChildren();
    for (const group of Object.keys(GROUP_TITLES)) {
      const columns = view.choices().filter((column) => column.group === group && column.title.toLowerCase().includes(wanted));
      if (!columns.length) continue;
      const shown = columns.filter((column) => !view.isHidden(column)).length;
      list.append(el("div", { class: "rt-heading tb-row" }, el("span", { class: "tb-grow", text: `${GROUP_TITLES[group]} ${shown} of ${columns.length}` }),
        el("button", { class: "rt-text-button", type: "button", text: shown < columns.length ? "All" : "None", "aria-label": `${shown < columns.length ? "All" : "No"} ${GROUP_TITLES[group]}`, on: { click: () => { view.hideMany(columns, shown === columns.length); fill(); } } })));
      for (const column of columns.slice(0, 200)) list.append(choice(view, column, fill));
      if (columns.length > 200) list.append(el("div", { class: "tb-caption tb-muted rt-heading", text: `and ${columns.length - 200} more: type to find them` }));
    }
    if (!list.firstChild) list.append(el("div", { class: "tb-muted rt-heading", text: "No such column" }));
    list.scrollTop = top;
  };
  fill();
  openItems(view, anchor, [search, list], { role: "dialog", "aria-label": "Columns" });
  search.focus();
}

function choice(view, column, fill) {
  const hidden = view.isHidden(column), pinned = view.isPinned(column);
  const tick = el("input", { type: "checkbox", on: { change: () => { view.hide(column, !hidden); fill(); } } });
  tick.checked = !hidden;
  const aggregates = column.kind === "metric" && column.several ? Object.keys(column.aggregates).map((name) => el("button", {
    class: `tb-tag rt-aggregate${column.shown === name ? " rt-on" : ""}`, type: "button", "aria-pressed": String(column.shown === name), "aria-label": `${column.title} ${AGGREGATE_WORDS[name]}`, text: name,
    on: { click: () => { view.show(column, name); fill(); } },
  })) : [];
  return el("div", { class: "rt-choice" }, el("label", { class: "tb-row tb-grow" }, tick, textEl("span", column.title, "tb-ellipsis")), aggregates,
    el("button", { class: `rt-pin${pinned ? " rt-on" : ""}`, type: "button", "aria-pressed": String(pinned), "aria-label": `Pin ${column.title}`, on: { click: () => { view.pin(column); fill(); } } }, icon("pin")));
}

const menuDeeds = {
  /** The menu of a row: of its run, or of its group. */
  rowMenu(position, anchor) {
    const group = this.groupAt(position), row = this.lines[position];
    if (group) { openMenu(this.root, anchor, this.groupItems(position, group), "Group"); return; }
    if (row === undefined) return;
    const id = this.table.ids[row], column = this.columns[this.cursor.place], ids = this.isSelected(id) ? this.selected : [id];
    const items = [{ text: "Open", icon: "right", key: "Enter", deed: () => this.open(position) }];
    if (column?.kind === "text") items.push({ text: "Show the whole value", icon: "file", deed: () => this.showCell(id, column) });
    items.push({ text: "Copy the value", icon: "copy", key: "Ctrl C", deed: () => this.copyWhole(id, column) }, { text: "Copy the run's id", icon: "copy", deed: () => copyText(id) });
    if (this.hasNote(row)) items.push({ text: "Read the note", icon: "note", deed: () => this.noteRun(id) });
    openMenu(this.root, anchor, [...items, ...this.deedItems(ids, row)], runName(this.table, row));
  },

  groupItems(position, group) {
    const closed = this.folded.has(group.fold);
    return [
      { text: closed ? "Unfold" : "Fold", icon: "group", deed: () => this.fold(position, !closed) }, { text: "Select its runs", icon: "check", key: "Space", deed: () => this.toggleMany(group.rows) },
      null, { text: "Fold all", icon: "right", deed: () => this.foldAll(true) }, { text: "Unfold all", icon: "down", deed: () => this.foldAll(false) },
    ];
  },

  deedItems(ids, row) {
    const { allowed, why } = this.allowance();
    if (!allowed) return why ? [null, { text: why, disabled: true, deed: () => {} }] : [];
    const many = ids.length > 1 ? ` ${groupDigits(String(ids.length))} runs` : "";
    const item = (name, text, glyph, key, more = {}) => ({ text, icon: glyph, key, deed: () => this.deed(name, ids), ...more });
    if (this.isDeleted()) return [null, item("restore", `Restore${many}`, "reset"), item("purge", `Purge${many}\u2026`, "trash", null, { danger: true })];
    return [
      null, item("star", isStarred(this.table, row) ? `Take the star away` : `Star${many}`, "star", "F"), ...(many ? [] : [item("rename", "Rename\u2026", "edit", "R"), item("note", "Note\u2026", "note", "N")]),
      item("tag", `Tag${many}\u2026`, "tag", "T"), item("move", `Move${many}\u2026`, "folder", "M"), null, item("delete", `Delete${many}`, "trash", "Del", { danger: true }),
    ];
  },

  async copyWhole(id, column) {
    try { await copyText(column?.kind === "text" ? await this.wholeText(id, column.id) : this.cellText()); } catch (error) { say(this.root, error.message, { trouble: true }); }
  },

  /** What else the table can do. */
  tableMenu(anchor) {
    const { stored } = this.model.get("_about") || {}, deleted = this.isDeleted(), folds = this.kids || this.groups.length;
    openMenu(this.root, anchor, [
      ...(this.narrow ? [{ text: `Sort\u2026`, icon: "sort", deed: () => openSortChoice(this, anchor) }, { text: "Only what differs", icon: "differ", checked: Boolean(this.differs), deed: () => this.toggleDiffers() }] : []),
      ...(folds ? [{ text: "Fold all", icon: "right", deed: () => this.foldAll(true) }, { text: "Unfold all", icon: "down", deed: () => this.foldAll(false) }, null] : []),
      ...(stored ? [{ text: "Curves of another metric\u2026", icon: "curves", deed: () => openCurveChoice(this, anchor) }, { text: "Deleted runs", icon: "trash", checked: deleted, deed: () => this.showDeleted(!deleted) }] : []),
      { text: "Copy as code", icon: "code", disabled: !stored, deed: () => this.copyAsCode() }, null, { text: "Keys", icon: "table", key: "?", deed: () => openKeys(this) },
    ], "Table");
  },

  /** The kernel says the code; while it trains, the code is that of a moment ago. */
  async copyAsCode() {
    say(this.root, (await copyText(this.model.get("code") || "")) ? "Copied the code that shows this table." : "The browser did not let us copy.");
  },
};
