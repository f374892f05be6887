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

  extend(position) {
    const from = this.anchor === null ? position : this.order.indexOf(this.table.index.get(this.anchor) ?? -1);
    const [low, high] = from < 0 ? [position, position] : [Math.min(from, position), Math.max(from, position)];
    const range = Array.from(this.order.slice(low, high + 1), (row) => this.table.ids[row]);
    this.select([...this.selected, ...range.filter((id) => !this.chosen.has(id))]);
  },

  selectAll() {
    const ids = Array.from(this.order, (row) => this.table.ids[row]);
    const all = ids.every((id) => this.chosen.has(id));
    this.select(all ? [] : [...this.selected, ...ids.filter((id) => !this.chosen.has(id))]);
  },

  rowClick(event) {
    const node = event.target.closest("[data-position]");
    if (!node || this.marksText()) return;
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
    if (!node || event.target.closest(".rt-mark")) return;
    getSelection().removeAllRanges();
    this.open(Number(node.dataset.position));
  },

  open(position) {
    const row = this.order[position];
    if (row !== undefined) this.model.send({ type: "open", run_id: this.table.ids[row] });
  },

  copyCell(event) {
    if (this.marksText() || !this.order.length) return;
    const row = this.order[this.cursor.position], column = this.columns[this.cursor.place];
    event.clipboardData.setData("text/plain", column ? cellContent(this.table, column, row, this.now).full : runName(this.table, row));
    event.preventDefault();
  },

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
  },
};
