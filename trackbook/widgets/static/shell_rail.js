// The rail of the page: experiments and saved views, as a column, as icons with a column above the page, or as a menu.

const RAIL_ROWS = 500;

class Rail {
  constructor(page) {
    this.page = page;
    this.find = el("input", { class: "tb-input tb-find", type: "search", placeholder: "Find experiment", "aria-label": "Find experiment", on: { input: () => this.draw() } });
    this.list = el("div", { class: "tb-exps", role: "listbox", "aria-label": "Experiments" });
    this.more = el("p", { class: "tb-small tb-muted tb-nothing" });
    this.head = el("div", { class: "tb-rail-head tb-caption tb-medium tb-muted" }, el("span", { class: "tb-grow", text: "Experiments" }));
    this.views = el("div", { class: "tb-views" });
    this.node = el("nav", { class: "tb-rail", "aria-label": "Experiments and views" }, this.head, el("div", { class: "tb-find-box" }, icon("search"), this.find, el("kbd", { text: "E" })), this.list, this.more, this.views);
    const strip = (name, label, target) => el("button", { class: "tb-button tb-ghost tb-square", type: "button", "aria-label": label, title: label, on: { click: () => this.toggle(target) } }, icon(name));
    this.strip = el("div", { class: "tb-strip", role: "toolbar", "aria-label": "Experiments and views" }, strip("columns", "Show experiments and views", null), strip("flask", "Choose experiment", () => this.current()), strip("eye", "Saved views", () => this.views.querySelector("button")));
    this.list.addEventListener("keydown", (event) => this.onListKey(event));
  }

  /** The button that the keyboard reaches first. */
  current() { return this.list.querySelector('[tabindex="0"]'); }

  open(target = null) {
    this.page.root.setAttribute("data-menu", "");
    this.page.drawExpanded();
    const found = target ? target() : this.page.model.get("experiments").length > 8 ? this.find : this.current();
    if (found) found.focus();
  }

  toggle(target) {
    if (this.page.root.hasAttribute("data-menu")) this.fold();
    else this.open(target);
  }

  fold() {
    if (!this.page.root.hasAttribute("data-menu")) return false;
    this.page.root.removeAttribute("data-menu");
    this.page.drawExpanded();
    return true;
  }

  draw() {
    const { model } = this.page;
    const experiments = model.get("experiments");
    const wanted = this.find.value.trim().toLowerCase();
    const chosen = model.get("experiment");
    const shown = experiments.filter((one) => one.name.toLowerCase().includes(wanted));
    const focused = this.list.contains(document.activeElement);
    const rows = shown.slice(0, RAIL_ROWS).map((one) => experimentRow(one, one.id === chosen, (id) => this.choose(id)));
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
    this.list.replaceChildren(...rows);
    this.more.textContent = shown.length > RAIL_ROWS ? `and ${shown.length - RAIL_ROWS} more: find them by name` : shown.length ? "" : wanted ? "No experiment has that in its name." : "None yet.";
    this.more.hidden = !this.more.textContent;
    const current = this.list.querySelector('[aria-selected="true"]');
    if (focused && current) current.focus();
    this.drawHead();
    this.drawViews();
  }

  drawHead() {
    const allowed = this.page.model.get("permission").allowed;
    if (this.plus || !allowed) return;
    this.plus = el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", "aria-label": "New experiment", title: "New experiment", on: { click: () => this.askExperiment() } }, icon("plus"));
    this.head.append(this.plus);
  }

  drawViews() {
    const views = this.page.model.get("views"), shown = this.page.model.get("shown_view");
    const focused = this.views.contains(document.activeElement) ? [...this.views.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    const deeds = { open: (name) => this.openView(name), menu: (view, anchor) => this.viewMenu(view, anchor) };
    this.views.replaceChildren(el("div", { class: "tb-rail-head tb-caption tb-medium tb-muted", text: "Saved views" }),
      ...(views.length ? views.map((view) => viewRow(view, view.name === shown, deeds)) : [el("p", { class: "tb-small tb-muted tb-nothing", text: "None yet. Save view keeps the page as it stands, for all who read the store." })]));
    if (focused >= 0) this.views.querySelectorAll("button")[focused]?.focus();
  }

  choose(id) {
    this.fold();
    if (this.page.model.get("tab") === "run") this.page.set({ experiment: id, tab: "runs" });
    else this.page.set({ experiment: id });
  }

  async openView(name) {
    this.fold();
    await this.page.deed("open_view", { name });
  }

  viewMenu(view, anchor) {
    const { page } = this, allowed = page.model.get("permission").allowed;
    openMenu(page.root, anchor, [
      { text: "Open", icon: "eye", deed: () => this.openView(view.name) },
      { text: "Copy link", icon: "link", deed: () => page.bar.copyLink(view.name) },
      { text: "Copy as code", icon: "code", deed: () => page.bar.copy(`%track_view ${view.name}`, "The magic is copied.") },
      null,
      { text: "Save the page as it stands here", icon: "check", disabled: !allowed, deed: () => page.deed("save_view", { name: view.name, replace: true }, `${view.name} is saved anew.`) },
      { text: "Rename\u2026", disabled: !allowed, deed: () => this.askName(view.name) },
      { text: "Delete", icon: "trash", danger: true, disabled: !allowed, deed: () => this.deleteView(view.name) },
    ], `View ${view.name}`);
  }

  async deleteView(name) {
    const answer = await this.page.deed("delete_view", { name });
    if (answer) say(this.page.root, `The view ${name} is deleted.`, { undo: () => this.page.asker.ask("restore_view", { name, state: answer.value }) });
  }

  askName(name) {
    const box = el("input", { class: "tb-input", value: name, maxlength: 200, required: true });
    openDialog(this.page.root, { title: "Rename view", body: [el("label", { class: "tb-field" }, "Name", box)], deedText: "Rename", deed: () => this.page.asker.ask("rename_view", { name, new_name: box.value }) });
    box.select();
  }

  askExperiment() {
    const box = el("input", { class: "tb-input", maxlength: 500, required: true });
    openDialog(this.page.root, { title: "New experiment", body: [el("label", { class: "tb-field" }, "Name", box)], deedText: "Make experiment", deed: () => this.page.asker.ask("new_experiment", { name: box.value }) });
    box.focus();
  }

  onListKey(event) {
    if (!/^(Arrow(Up|Down)|Home|End)$/.test(event.key)) return;
    const rows = [...this.list.querySelectorAll(".tb-exp")];
    const place = rows.indexOf(document.activeElement);
    const next = { ArrowDown: rows[place + 1], ArrowUp: rows[place - 1], Home: rows[0], End: rows[rows.length - 1] }[event.key];
    if (next) next.focus();
    event.preventDefault();
  }
}
