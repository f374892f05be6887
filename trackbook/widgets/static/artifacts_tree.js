// The tree of files: folders fold, a box finds, arrows move. Logged names go through textContent alone.

/** The rows of the tree in their order: {entry, depth, group} or {text}. `open` is a Set of folders. */
function treeRows(tree, open, runs) {
  const rows = [], root = tree[""] || { entries: [], left: 0 };
  const whole = root.entries.filter((entry) => entry.runs.length === runs.length);
  const some = root.entries.filter((entry) => entry.runs.length !== runs.length);
  const add = (entry, depth) => {
    rows.push({ entry, depth });
    if (!entry.folder || !open.has(entry.path)) return;
    const below = tree[entry.path];
    if (!below) rows.push({ text: "Reading …", depth: depth + 1 });
    else {
      for (const child of below.entries) add(child, depth + 1);
      if (below.left) rows.push({ text: `${groupDigits(String(below.left))} more; find one by its name`, depth: depth + 1 });
      if (!below.entries.length) rows.push({ text: "Empty", depth: depth + 1 });
    }
  };
  if (whole.length) rows.push({ title: runs.length > 1 ? `In all ${runs.length} runs` : "Files", size: true });
  for (const entry of whole) add(entry, 0);
  if (some.length) rows.push({ title: runs.length > 1 && whole.length ? "Only in some" : `In some of ${runs.length} runs`, line: whole.length > 0 });
  for (const entry of some) add(entry, 0);
  if (root.left) rows.push({ text: `${groupDigits(String(root.left))} more; find one by its name`, depth: 0 });
  return rows;
}

/** The last part of a path. */
function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

class FileTree {
  /** `context`: see artifacts.js; `choose(path, entry)` is called with a file or folder. */
  constructor(context, choose) {
    Object.assign(this, { context, choose, found: null, focused: null });
    this.list = el("div", { class: "art-tree", role: "tree", "aria-label": "Files", on: { keydown: (event) => this.key(event), click: (event) => this.click(event) } });
    this.box = el("input", { class: "art-find-input", type: "search", placeholder: "Find file", "aria-label": "Find file", spellcheck: "false", on: { input: () => this.find(), keydown: (event) => this.boxKey(event) } });
    this.node = el("aside", { class: "art-side", "aria-label": "Files" }, el("label", { class: "art-find" }, icon("search"), this.box), this.list);
  }

  get open() {
    return new Set(this.context.view().open || []);
  }

  /** Draw the rows again; focus and scroll stay. */
  draw() {
    const { model } = this.context, runs = model.get("runs"), chosen = this.context.view().path || "";
    const focusInside = this.list.contains(document.activeElement);
    const scroll = this.list.scrollTop;
    this.rows = this.found ? this.foundRows() : treeRows(model.get("tree"), this.open, runs);
    const paths = this.rows.filter((row) => row.entry).map((row) => row.entry.path);
    if (!paths.includes(this.focused)) this.focused = paths.includes(chosen) ? chosen : paths[0] ?? null;
    this.list.replaceChildren(...this.rows.map((row) => this.row(row, chosen, runs)));
    this.list.scrollTop = scroll;
    if (focusInside) this.focusRow();
  }

  foundRows() {
    const { entries, complete, text } = this.found;
    if (!entries.length) return [{ text: `No file has “${text}” in its path.`, depth: 0 }];
    const rows = [{ title: `${groupDigits(String(entries.length))}${complete ? "" : "+"} found`, size: true }, ...entries.map((entry) => ({ entry, depth: 0, whole: true }))];
    if (!complete) rows.push({ text: "There are more: write more of the name.", depth: 0 });
    return rows;
  }

  row(row, chosen, runs) {
    if (row.title) return el("div", { class: `art-tree-title${row.line ? " art-tree-line" : ""}`, role: "presentation" }, el("span", { text: row.title }), row.size ? el("span", { text: "size" }) : null);
    const indent = { "padding-inline-start": `${8 + row.depth * 18}px` };
    if (!row.entry) return el("div", { class: "art-tree-note", role: "presentation", style: indent, text: row.text });
    const { entry } = row, isOpen = entry.folder && this.open.has(entry.path);
    const some = runs.length > 1 && entry.runs.length < runs.length;
    const size = entry.steps ? `${entry.steps} steps` : entry.size === null ? "" : formatSize(entry.size);
    const marks = some ? el("span", { class: "art-tree-marks" }, entry.runs.slice(0, 6).map((place) => runMark(runs[place]?.slot, 12))) : null;
    const whose = some ? `, only in ${entry.runs.map((place) => runs[place]?.name).join(", ")}` : "";
    return el("div", {
      class: `art-row${entry.path === chosen ? " art-row-on" : ""}`, role: "treeitem", tabindex: entry.path === this.focused ? "0" : "-1", style: indent, "data-path": entry.path, title: entry.path + whose,
      "aria-level": row.depth + 1, "aria-expanded": entry.folder && !this.found ? String(isOpen) : null, "aria-selected": String(entry.path === chosen),
      "aria-label": `${row.whole ? entry.path : nameOf(entry.path)}${size ? `, ${size}` : ""}${whose}`,
    }, entry.folder && !this.found ? el("span", { class: "art-fold", "data-fold": true }, icon(isOpen ? "down" : "right")) : el("span", { class: "art-fold" }), icon(entry.icon),
    textEl("span", row.whole ? entry.path : nameOf(entry.path), "tb-ellipsis tb-grow"), marks, marks && !entry.folder ? null : el("span", { class: "art-tree-size tb-num", text: size }));
  }

  /** Scroll to the chosen row, as soon as the tree has a height. */
  reveal() {
    const row = [...this.list.querySelectorAll("[data-path]")].find((one) => one.dataset.path === this.context.view().path);
    if (row) this.list.scrollTop = Math.max(0, row.offsetTop - this.list.offsetTop - this.list.clientHeight / 2);
  }

  entryOf(path) {
    return this.rows.find((row) => row.entry?.path === path)?.entry;
  }

  click(event) {
    const node = event.target.closest("[data-path]");
    if (!node) return;
    const entry = this.entryOf(node.dataset.path);
    this.focused = entry.path;
    if (entry.folder && !this.found) this.fold(entry.path, event.target.closest("[data-fold]") || this.context.view().path === entry.path ? !this.open.has(entry.path) : true);
    if (!event.target.closest("[data-fold]")) this.choose(entry.path);
    this.draw();
    this.focusRow();
  }

  /** Fold or unfold a folder; the kernel lists it when the page has not seen it yet. */
  fold(path, out) {
    const open = this.open;
    if (out === open.has(path)) return;
    if (out) open.add(path);
    else open.delete(path);
    this.context.set({ open: [...open] });
    this.draw();
  }

  key(event) {
    const node = event.target.closest("[data-path]");
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const entry = this.entryOf(node.dataset.path), rows = this.rows.filter((row) => row.entry);
    const place = rows.findIndex((row) => row.entry === entry), isOpen = this.open.has(entry.path);
    const moves = { ArrowDown: place + 1, ArrowUp: place - 1, j: place + 1, k: place - 1, Home: 0, End: rows.length - 1 };
    if (event.key in moves) this.focus(rows[Math.max(0, Math.min(rows.length - 1, moves[event.key]))].entry.path);
    else if (event.key === "ArrowRight" && entry.folder && !this.found) {
      if (!isOpen) this.fold(entry.path, true);
      else if (rows[place + 1]?.depth > rows[place].depth) this.focus(rows[place + 1].entry.path);
    } else if (event.key === "ArrowLeft" && !this.found) {
      if (entry.folder && isOpen) this.fold(entry.path, false);
      else if (entry.path.includes("/")) this.focus(entry.path.slice(0, entry.path.lastIndexOf("/")));
    } else if (event.key === "Enter" || event.key === " ") {
      if (entry.folder) this.fold(entry.path, true);
      this.choose(entry.path);
      this.draw();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focus(path) {
    if (!this.entryOf(path)) return;
    this.focused = path;
    for (const node of this.list.querySelectorAll("[data-path]")) node.setAttribute("tabindex", node.dataset.path === path ? "0" : "-1");
    this.focusRow();
  }

  focusRow() {
    for (const node of this.list.querySelectorAll("[data-path]")) if (node.dataset.path === this.focused) { node.focus({ preventScroll: true }); node.scrollIntoView({ block: "nearest" }); }
  }

  boxKey(event) {
    event.stopPropagation();
    if (event.key === "Escape" && this.box.value) { this.box.value = ""; this.find(); event.preventDefault(); }
    if (event.key === "ArrowDown") { this.focusRow(); event.preventDefault(); }
  }

  /** Names with the text of the box, once it has stood for a moment; names that the page knows come at once. */
  find() {
    clearTimeout(this.timer);
    const text = this.box.value.trim();
    this.asked = text;
    if (!text) { this.found = null; this.draw(); return; }
    const known = Object.values(this.context.model.get("tree")).flatMap((one) => one.entries).filter((entry) => !entry.folder && entry.path.toLowerCase().includes(text.toLowerCase()));
    this.found = { entries: known.slice(0, 200), complete: false, text };
    this.draw();
    this.timer = setTimeout(async () => {
      try {
        const { value } = await this.context.asker.ask("find", { text });
        if (this.asked !== text) return;
        this.found = { ...value, text };
        this.draw();
      } catch (error) { this.context.say(error.message, { trouble: true }); }
    }, 150);
  }
}
