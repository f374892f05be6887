// What the filter box does: the browser answers what it can, the kernel the rest.

const filterDeeds = {
  typed(suggest = true) {
    const text = this.input.value;
    this.drawInk();
    if (suggest) this.suggestions.show();
    clearTimeout(this.asking);
    const parsed = parseRunFilter(text, this.base);
    if (parsed.kind === "unfinished") return;
    this.skip = 0;
    if (parsed.kind === "store") { this.asking = setTimeout(() => this.ask(), ASK_AFTER_MS); return; }
    this.number += 1;
    this.say(null);
    this.applyFilter(parsed, null);
  },

  /** Whether the store has more runs than the page: then it sorts, filters and gives them in parts. */
  isLarge() {
    return this.base.total > this.base.rows;
  },

  /** Show another part of the runs. */
  turnTo(skip) {
    this.skip = skip;
    this.ask();
  },

  /** Ask the kernel, which asks the store; until it answers, and if it refuses, the last result stays. */
  ask() {
    clearTimeout(this.asking);
    this.number += 1;
    const text = parseRunFilter(this.input.value, this.base).kind === "words" ? "" : this.input.value;
    const order = this.sorting.map(({ id, descending }) => ({ id, descending, shown: this.base.byId.get(id)?.shown }));
    this.model.send({ type: "filter", view: this.uid, number: this.number, text, ...(this.isLarge() ? { order, skip: this.skip } : {}) });
    this.waiting = true;
    this.drawCount();
  },

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
      const key = `${content.text} ${content.skip || 0}`;
      this.applyFilter({ kind: "store" }, result, fresh || this.result?.filterText !== key);
      this.result.filterText = key;
    }
    this.drawCount();
  },

  applyFilter(filter, result, toTop = true) {
    this.waiting = false;
    const id = this.cursorId();
    this.filter = filter;
    this.result = result;
    this.order = new Int32Array(0);
    this.sortNow();
    this.cursor.position = Math.max(0, this.lineOf(id));
    if (toTop) this.scroll.scrollTop = 0;
    this.draw();
    this.saveView();
  },

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
  },

  filterKey(event) {
    if (this.suggestions.key(event)) return;
    if (event.key === "Enter") {
      this.suggestions.hide();
      if (["store", "unfinished"].includes(parseRunFilter(this.input.value, this.base).kind)) this.ask();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (this.input.value) { this.input.value = ""; this.typed(); } else this.grid.focus({ preventScroll: true });
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.grid.focus();
    }
  },

  drawInk() {
    this.ink.replaceChildren(...filterPieces(this.input.value, this.refused?.column).map(([text, look]) => el("span", { class: look || null, text })));
    this.ink.scrollLeft = this.input.scrollLeft;
  },

  drawCount() {
    const all = this.base.total, shown = this.result ? this.result.total : this.order.length;
    const plain = this.filter.kind === "all";
    const number = (count) => groupDigits(String(count));
    this.count.textContent = this.waiting ? "asking the store" : this.refused ? "last result kept" : plain ? `${number(all)} ${all === 1 ? "run" : "runs"}` : `${number(shown)} of ${number(all)} runs`;
    const title = (this.model.get("_about") || {}).title;
    this.grid.setAttribute("aria-label", `Runs${title ? ` of ${title}` : ""}, ${number(this.order.length)} of ${number(all)}`);
    this.grid.setAttribute("role", this.kids || this.groups.length ? "treegrid" : "grid");
    this.grid.setAttribute("aria-rowcount", this.lines.length + 2);
    this.grid.setAttribute("aria-colcount", this.columns.length + 2);
  },
};
