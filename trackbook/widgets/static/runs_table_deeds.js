// Deeds on runs: what a page asks of the kernel, at once and with "Undo", or after a question where nothing brings it back.

const NOTE_TAG = "mlflow.note.content";

/** "3 runs", or the run's name where it is one. */
function runsWord(view, ids) {
  if (ids.length !== 1) return `${groupDigits(String(ids.length))} runs`;
  const row = view.table.index.get(ids[0]);
  return row === undefined ? "1 run" : runName(view.table, row);
}

const runDeeds = {
  allowance() {
    return this.model.get("permission") || { allowed: false, why: "" };
  },

  /** The runs that a deed is for: the selected ones, else the one under the cursor. */
  deedIds() {
    if (this.selected.length) return this.selected;
    const row = this.lines[this.cursor.position];
    return row >= 0 ? [this.table.ids[row]] : [];
  },

  /** A key of a deed was pressed; true if it is one here. */
  runKey(name) {
    if (!this.allowance().allowed || !this.deedIds().length) return false;
    if (this.isDeleted()) return false;
    this.deed(name === "star" ? "star" : name);
    return true;
  },

  /** Do a deed to the runs it is for. */
  deed(name, ids = this.deedIds()) {
    if (!ids.length) return;
    const [first] = ids, row = this.table.index.get(first);
    const known = { rename: () => this.renameRun(first, row), tag: () => this.tagRuns(ids), note: () => this.noteRun(first), move: () => this.moveRuns(ids), star: () => this.starRuns(ids), purge: () => this.purgeRuns(ids) };
    if (known[name]) known[name]();
    else if (name === "delete") this.changeRuns("delete", { run_ids: ids }, `Deleted ${runsWord(this, ids)}.`, true);
    else if (name === "restore") this.changeRuns("restore", { run_ids: ids }, `Restored ${runsWord(this, ids)}.`, true);
  },

  /** Ask the kernel for a change, say what was done and offer to undo it. Rejects with what was refused. */
  async change(kind, given, done, deselect = false) {
    const { value } = await this.asker.ask(kind, given);
    if (deselect) this.select(this.selected.filter((id) => !value.done.includes(id)));
    const undo = value.undo ? async () => { await this.asker.ask(value.undo[0], value.undo[1]); this.reorder(); say(this.root, "Undone."); } : null;
    const refused = value.refused.length ? ` ${value.refused.length} could not: ${value.refused[0]}` : "";
    say(this.root, value.done.length || !refused ? done + refused : refused.trim(), { undo, trouble: Boolean(refused) });
    this.grid.focus({ preventScroll: true });
  },

  async changeRuns(...given) {
    try { await this.change(...given); } catch (error) { say(this.root, error.message, { trouble: true }); }
  },

  starRuns(ids) {
    const on = !ids.every((id) => isStarred(this.table, this.table.index.get(id) ?? -1));
    this.changeRuns("star", { run_ids: ids, on }, on ? `Starred ${runsWord(this, ids)}.` : `Took the star from ${runsWord(this, ids)}.`);
  },

  renameRun(id, row) {
    const before = row === undefined ? "" : runName(this.table, row);
    const input = el("input", { class: "tb-input", type: "text", "aria-label": "Name", maxlength: 500, dir: "auto" });
    input.value = before;
    openDialog(this.root, { title: `Rename ${before}`, body: [input], deedText: "Rename", deed: () => this.change("rename", { run_id: id, name: input.value }, `${before} is now ${input.value}.`) });
    input.select();
  },

  tagRuns(ids) {
    const key = el("input", { class: "tb-input", type: "text", "aria-label": "Tag", placeholder: "team", list: `${this.uid}-tags`, maxlength: 250, dir: "auto" });
    const value = el("input", { class: "tb-input", type: "text", "aria-label": "Value", placeholder: "vision", dir: "auto" });
    const names = this.table.columns.filter((column) => column.group === "tags" && !/^(mlflow|trackbook)\./.test(column.key)).slice(0, 200);
    const remove = el("input", { type: "checkbox" });
    const row = this.table.index.get(ids[0]);
    key.addEventListener("input", () => { if (ids.length === 1 && row !== undefined && !value.value) value.value = tagOf(this.table, row, key.value) ?? ""; });
    remove.addEventListener("change", () => { value.disabled = remove.checked; });
    openDialog(this.root, {
      title: `Tag ${runsWord(this, ids)}`, deedText: "Tag",
      body: [el("label", { class: "tb-field" }, "Tag", key), el("label", { class: "tb-field" }, "Value", value), el("label", { class: "tb-row" }, remove, "Take this tag away"),
        el("datalist", { id: `${this.uid}-tags` }, names.map((column) => el("option", { value: column.key })))],
      deed: () => this.change("tag", { run_ids: ids, key: key.value.trim(), value: remove.checked ? null : value.value }, remove.checked ? `Took ${key.value} from ${runsWord(this, ids)}.` : `Tagged ${runsWord(this, ids)} with ${key.value}.`),
    });
    key.focus();
  },

  // ---- notes ----

  hasNote(row) {
    return Boolean(tagOf(this.table, row, NOTE_TAG));
  },

  noteOf(row) {
    return (tagOf(this.table, row, NOTE_TAG) || "").slice(0, 400);
  },

  /** The whole text of a cell, of which the table may hold the beginning only. */
  async wholeText(id, column) {
    const row = this.table.index.get(id), known = this.table.byId.get(column);
    if (row === undefined || !known?.cut) return known?.text(row ?? -1) ?? "";
    return (await this.asker.ask("cell", { run_id: id, column })).value.text ?? "";
  },

  async noteRun(id) {
    const { allowed, why } = this.allowance();
    let text = "";
    try { text = await this.wholeText(id, `tags.${NOTE_TAG}`); } catch (error) { say(this.root, error.message, { trouble: true }); return; }
    const area = el("textarea", { class: "tb-input tb-code rt-notearea", "aria-label": "Note in Markdown", rows: 9, dir: "auto", placeholder: "What was tried, what was seen. **Bold**, `code`, - lists, [links](address)" });
    area.value = text;
    const sight = el("div", { class: "rt-notesight" }), name = runsWord(this, [id]);
    const turn = (mode) => {
      area.hidden = mode !== "write";
      sight.hidden = mode === "write";
      if (mode !== "write") sight.replaceChildren(area.value.trim() ? noteView(area.value) : el("p", { class: "tb-muted", text: "Nothing yet." }));
      tabs.replaceChildren(allowed ? segments([["write", "Write"], ["preview", "Preview"]], mode, turn, "Note") : el("span", { class: "tb-caption tb-muted", text: why }));
    };
    const tabs = el("div", {});
    openDialog(this.root, { title: `Note on ${name}`, wide: true, body: [tabs, area, sight], deedText: "Save note", deed: allowed ? () => this.change("note", { run_id: id, text: area.value }, area.value ? `Saved the note on ${name}.` : `Took the note from ${name}.`) : null });
    turn(allowed && !text ? "write" : "preview");
    if (!area.hidden) area.focus();
  },

  async showCell(id, column) {
    try {
      const text = await this.wholeText(id, column.id);
      openDialog(this.root, { title: column.title, note: runsWord(this, [id]), wide: true, body: [el("pre", { class: "tb-code rt-whole", dir: "auto", tabindex: 0, text })],
        foot: el("button", { class: "tb-button", type: "button", on: { click: async (event) => { event.target.textContent = (await copyText(text)) ? "Copied" : "Not copied"; } } }, "Copy") });
    } catch (error) { say(this.root, error.message, { trouble: true }); }
  },

  // ---- move and purge ----

  async moveRuns(ids) {
    let found;
    try { found = (await this.asker.ask("experiments")).value; } catch (error) { say(this.root, error.message, { trouble: true }); return; }
    let chosen = null;
    const list = el("div", { class: "rt-list rt-movelist", role: "listbox", "aria-label": "Experiments" });
    const search = el("input", { class: "tb-input", type: "search", placeholder: "Find experiment", "aria-label": "Find experiment", on: { input: () => fill() } });
    const fill = () => {
      const wanted = search.value.trim().toLowerCase(), fits = found.filter(({ name }) => name.toLowerCase().includes(wanted));
      list.replaceChildren(...fits.slice(0, 200).map((one) => el("button", { class: `rt-item${chosen?.id === one.id ? " rt-on" : ""}`, type: "button", role: "option", "aria-selected": String(chosen?.id === one.id), on: { click: () => { chosen = one; fill(); } } },
        icon("flask"), textEl("span", one.name, "tb-grow tb-ellipsis"), chosen?.id === one.id ? icon("check") : null)));
      if (!fits.length) list.append(el("div", { class: "tb-muted rt-heading", text: "No such experiment" }));
    };
    fill();
    openDialog(this.root, { title: `Move ${runsWord(this, ids)}`, note: "Artifacts stay where they are; the runs go on naming their place.", body: [search, list], deedText: "Move",
      deed: () => { if (!chosen) throw new Error("Choose an experiment first."); return this.change("move", { run_ids: ids, experiment_id: chosen.id }, `Moved ${runsWord(this, ids)} to ${chosen.name}.`, true); } });
    search.focus();
  },

  async purgeRuns(ids) {
    let plan;
    try { plan = (await this.asker.ask("purge_plan", { run_ids: ids })).value; } catch (error) { say(this.root, error.message, { trouble: true }); return; }
    const rows = plan.pieces.map((one) => el("tr", {}, el("td", {}, textEl("span", one.name, "tb-ellipsis")), el("td", { class: "tb-right", text: `${groupDigits(String(one.files))} ${one.files === 1 ? "file" : "files"}` }), el("td", { class: "tb-right", text: formatSize(one.size) })));
    const table = el("div", { class: "rt-list" }, el("table", { class: "tb-table" }, el("tbody", {}, rows)), plan.more > 0 ? el("div", { class: "tb-caption tb-muted rt-heading", text: `and ${plan.more} more` }) : null);
    const total = `This frees ${formatSize(plan.size)} in ${groupDigits(String(plan.files))} ${plan.files === 1 ? "file" : "files"}, and the rows in the store. Nothing brings them back.`;
    openDialog(this.root, { title: `Purge ${runsWord(this, ids)} for good`, note: total, body: [table], deedText: `Purge ${ids.length === 1 ? "1 run" : `${groupDigits(String(ids.length))} runs`}`, danger: true, deed: () => this.purgeNow(ids) });
  },

  async purgeNow(ids) {
    const { value } = await this.asker.ask("purge", { run_ids: ids });
    this.select(this.selected.filter((id) => !ids.includes(id)));
    const refused = value.refused.length ? ` ${value.refused[0]}` : "";
    say(this.root, `Purged; ${formatSize(value.size)} are free.${refused}`, { trouble: Boolean(refused) });
  },
};
