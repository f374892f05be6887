// What is done to rows: selected, opened, copied; and the bar that says what is selected.

const selectionDeeds = {
  readSelection() {
    this.selected = this.model.get("selected") || [];
    this.slots = this.model.get("slots") || {};
    this.chosen = new Set(this.selected);
  },

  isSelected(id) {
    return this.chosen.has(id);
  },

  /** The page gives the slots itself, by the kernel's rule, since a kernel that trains is slow to answer. */
  select(ids) {
    const slots = slotsOf(ids, this.slots);
    this.model.set("selected", ids);
    this.model.set("slots", slots);
    this.model.save_changes();
    this.selectionCame();
  },

  selectionCame() {
    this.readSelection();
    this.drawRows(true);
    this.drawHead();
    this.drawSelection();
  },

  toggle(id) {
    this.select(this.chosen.has(id) ? this.selected.filter((each) => each !== id) : [...this.selected, id]);
  },

  /** Select all of some rows, or none where all are selected. */
  toggleMany(rows) {
    const ids = Array.from(rows, (row) => this.table.ids[row]), here = new Set(ids);
    const all = ids.every((id) => this.chosen.has(id));
    this.select(all ? this.selected.filter((id) => !here.has(id)) : [...this.selected, ...ids.filter((id) => !this.chosen.has(id))]);
  },

  extend(position) {
    const from = this.anchor === null ? position : this.lineOf(this.anchor);
    const [low, high] = from < 0 ? [position, position] : [Math.min(from, position), Math.max(from, position)];
    const range = Array.from(this.lines.slice(low, high + 1)).filter((row) => row >= 0).map((row) => this.table.ids[row]);
    this.select([...this.selected, ...range.filter((id) => !this.chosen.has(id))]);
  },

  selectAll() {
    const ids = Array.from(this.order, (row) => this.table.ids[row]);
    const all = ids.every((id) => this.chosen.has(id));
    this.select(all ? [] : [...this.selected, ...ids.filter((id) => !this.chosen.has(id))]);
  },

  rowClick(event) {
    const node = event.target.closest("[data-position]"), fold = event.target.closest("[data-fold]");
    if (!node || this.marksText()) return;
    const position = Number(node.dataset.position), group = this.groupAt(position);
    this.cursor = { position, place: this.placeOf(event.target) };
    this.grid.focus({ preventScroll: true });
    if (fold || (group && !event.target.closest(".rt-mark"))) { this.fold(position, !this.folded.has(this.foldKey(position))); return; }
    if (group) { this.toggleMany(group.rows); return; }
    const id = this.table.ids[this.lines[position]];
    if (event.shiftKey) this.extend(position);
    else {
      this.anchor = id;
      if (event.ctrlKey || event.metaKey || event.target.closest(".rt-mark")) this.toggle(id);
      else this.select([id]);
    }
    this.drawCursor();
  },

  rowContext(event) {
    const node = event.target.closest("[data-position]");
    if (!node || this.marksText() || event.shiftKey) return; // with Shift, the browser's own menu
    event.preventDefault();
    const position = Number(node.dataset.position);
    this.cursor = { position, place: this.placeOf(event.target) };
    this.drawCursor();
    this.rowMenu(position, { left: event.clientX, right: event.clientX, top: event.clientY, bottom: event.clientY });
  },

  /** Whether somebody has just marked text in a row, to copy it. */
  marksText() {
    const marked = getSelection();
    return !marked.isCollapsed && this.body.contains(marked.anchorNode);
  },

  placeOf(target) {
    const cell = target.closest("[aria-colindex]");
    return cell ? Math.max(-1, Number(cell.getAttribute("aria-colindex")) - 3) : -1;
  },

  rowOpen(event) {
    const node = event.target.closest("[data-position]");
    if (!node || event.target.closest(".rt-mark, [data-fold]")) return;
    getSelection().removeAllRanges();
    if (!this.groupAt(Number(node.dataset.position))) this.open(Number(node.dataset.position));
  },

  open(position) {
    const row = this.lines[position];
    if (row < 0) this.fold(position, !this.folded.has(this.foldKey(position)));
    else if (row !== undefined) this.model.send({ type: "open", run_id: this.table.ids[row] });
  },

  /** Tell whoever listens that the selected runs are to be compared, or their curves shown. */
  send(deed) {
    if (!this.selected.length || !(this.model.get("_deeds") || []).includes(deed)) return false;
    this.model.send({ type: deed });
    return true;
  },

  /** What a copy takes from the cell under the cursor. */
  cellText() {
    const row = this.lines[this.cursor.position], column = this.columns[this.cursor.place];
    if (row === undefined || row < 0) return row < 0 ? String(this.groups[-1 - row].value ?? "") : "";
    return column ? cellContent(this.table, column, row, this.now).full : runName(this.table, row);
  },

  copyCell(event) {
    if (this.marksText() || !this.lines.length) return;
    event.clipboardData.setData("text/plain", this.cellText());
    event.preventDefault();
  },

  // ---- the bar ----

  drawSelection() {
    const count = this.selected.length, coloured = Object.keys(this.slots).length;
    this.selbar.hidden = count === 0;
    if (!count) return;
    const marks = this.selected.filter((id) => this.slots[id]).slice(0, this.narrow ? 6 : 12).map((id) => runMark(this.slots[id], 14));
    const number = groupDigits(String(count));
    this.selbar.setAttribute("aria-label", `${number} selected ${count === 1 ? "run" : "runs"}`);
    this.selbar.replaceChildren(
      el("b", { class: "tb-bold tb-small", text: this.narrow ? number : `${number} selected` }), el("span", { class: "rt-marks" }, marks),
      ...(count > coloured ? [el("span", { class: "tb-caption tb-muted rt-coloured", text: `${coloured} with a colour` })] : []), el("span", { class: "rt-rule" }),
      ...this.barButtons(), ...this.barDeeds(),
      el("button", { class: "tb-button tb-ghost", type: "button", "aria-label": "Clear selection", on: { click: () => { this.select([]); this.grid.focus({ preventScroll: true }); } } },
        this.narrow ? icon("close") : [el("span", { text: "Clear" }), el("kbd", { "aria-hidden": "true", text: "Esc" })]));
  },

  /** Compare is the primary button; Curves is where there is no Compare. */
  barButtons() {
    const deeds = (this.model.get("_deeds") || []).filter((name) => name === "compare" || name === "curves");
    const words = { compare: "Compare", curves: "Curves" };
    return deeds.map((name, place) => el("button", { class: `tb-button ${place ? "tb-ghost" : "tb-primary"}`, type: "button", "aria-label": words[name], on: { click: () => this.send(name) } },
      icon(name), this.narrow && place ? null : el("span", { text: words[name] })));
  },

  /** What may be done to the selected runs, or the sentence that says why nothing may. */
  barDeeds() {
    const { allowed, why } = this.allowance();
    if (!allowed) return why && !this.narrow ? [el("span", { class: "tb-caption tb-muted rt-why tb-ellipsis", title: why, text: why }), el("span", { class: "rt-rule" })] : [];
    const deeds = this.isDeleted() ? [["restore", "Restore", "reset"], ["purge", "Purge\u2026", "trash"]] : [["tag", "Tag", "tag"], ["move", "Move", "folder"], ["delete", "Delete", "trash"]];
    if (this.narrow) return [el("button", { class: "tb-button tb-ghost", type: "button", "aria-label": "More", "aria-haspopup": "menu", on: { click: (event) => this.barMenu(event.currentTarget, deeds) } }, icon("dots"))];
    return [...deeds.map(([name, text, glyph]) => el("button", { class: "tb-button tb-ghost", type: "button", on: { click: () => this.deed(name) } }, icon(glyph), el("span", { text }))), el("span", { class: "rt-rule" })];
  },

  barMenu(anchor, deeds) {
    openMenu(this.root, anchor, deeds.map(([name, text, glyph]) => ({ text, icon: glyph, danger: name === "delete" || name === "purge", deed: () => this.deed(name) })), "Selected runs");
  },
};
