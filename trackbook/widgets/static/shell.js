// The frame of a page. Put after shared.js, shell_parts.js and shell_run.js.

const TAB_WORDS = { runs: "Runs", curves: "Curves", run: "Run" };
const STALE_AFTER_MS = 15000;

class PageView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.readAt = Date.now();
    this.spot = el("span", { class: "tb-spot", "aria-hidden": "true" });
    this.liveText = el("span", { class: "tb-small tb-muted tb-num" });
    this.top = el("header", { class: "tb-top" });
    this.trouble = el("div", { class: "tb-trouble", hidden: true });
    this.find = el("input", { class: "tb-input tb-find", type: "search", placeholder: "Find experiment", "aria-label": "Find experiment", on: { input: () => this.drawRail() } });
    this.list = el("div", { class: "tb-exps", role: "listbox", "aria-label": "Experiments" });
    this.railCount = el("span", { class: "tb-grow" });
    this.rail = el("nav", { class: "tb-rail", "aria-label": "Experiments" }, el("div", { class: "tb-rail-head tb-caption tb-medium tb-muted" }, "Experiments"), this.find, this.list);
    this.title = el("div", { class: "tb-title" });
    this.tabs = el("div", { class: "tb-tabs", role: "tablist" });
    this.panels = Object.fromEntries(Object.keys(TAB_WORDS).map((tab) => [tab, el("div", { class: `tb-panel tb-panel-${tab}`, role: "tabpanel", "aria-label": TAB_WORDS[tab], hidden: true })]));
    this.curvesNote = el("p", { class: "tb-small tb-muted tb-curves-note" });
    this.curvesHost = el("div", { class: "tb-slot" });
    this.panels.curves.append(this.curvesNote, this.curvesHost);
    this.empty = el("div", { class: "tb-panel tb-panel-empty", hidden: true });
    this.clockHost = el("div", { hidden: true });
    this.main = el("main", { class: "tb-main" }, el("div", { class: "tb-main-head" }, this.title, this.tabs), this.trouble, ...Object.values(this.panels), this.empty);
    root.replaceChildren(el("div", { class: "tb-frame" }, this.top, this.rail, this.main), this.clockHost);
    this.slots = [new Slot(model, "table", this.panels.runs), new Slot(model, "curves", this.curvesHost), new Slot(model, "ticker", this.clockHost)];
    this.stops = [followTheme(root, () => {}), () => this.slots.forEach((slot) => slot.remove())];
    this.listen();
    this.drawAll();
  }

  listen() {
    const on = (event, handler) => { this.model.on(event, handler); this.stops.push(() => this.model.off(event, handler)); };
    on("change:store", () => this.drawTop());
    on("change:experiments", () => { this.drawRail(); this.drawTitle(); this.drawTabs(); });
    on("change:experiment", () => { this.drawRail(); this.drawTitle(); this.drawTabs(); });
    on("change:tab", () => { this.drawTabs(); this.drawPanels(); });
    on("change:details", () => { this.drawRun(); this.drawTabs(); });
    on("change:selected", () => this.drawTabs());
    on("change:empty", () => this.drawPanels());
    on("change:curves_note", () => this.drawPanels());
    on("change:trouble", () => this.drawTrouble());
    on("msg:custom", (content) => { if (content.type === "read") { this.readAt = Date.now(); this.drawLive(); } });
    const clock = setInterval(() => { this.drawLive(); this.drawTrouble(); }, 1000);
    const away = (event) => { if (!this.rail.contains(event.target) && !this.title.contains(event.target)) this.fold(); };
    document.addEventListener("pointerdown", away);
    const keys = (event) => this.onKey(event);
    this.root.addEventListener("keydown", keys);
    this.list.addEventListener("keydown", (event) => this.onListKey(event));
    this.stops.push(() => clearInterval(clock), () => document.removeEventListener("pointerdown", away));
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  drawAll() {
    this.drawTop();
    this.drawRail();
    this.drawTitle();
    this.drawTabs();
    this.drawRun();
    this.drawPanels();
    this.drawTrouble();
  }

  drawTop() {
    const store = this.model.get("store");
    this.top.replaceChildren(el("span", { class: "tb-logo" }, logo(), el("span", { class: "tb-logo-word", text: "Trackbook" })),
      el("span", { class: "tb-muted tb-ellipsis tb-store", title: store.path, text: store.short || "" }), el("span", { class: "tb-grow" }), el("span", { class: "tb-live" }, this.spot, this.liveText));
    this.drawLive();
  }

  drawLive() {
    const seconds = Math.round((Date.now() - this.readAt) / 1000);
    const stale = Date.now() - this.readAt > STALE_AFTER_MS || Boolean(this.model.get("trouble").title);
    this.spot.classList.toggle("tb-stale", stale);
    const age = seconds < 3 ? "now" : seconds < 60 ? `${seconds} s ago` : formatAge(this.readAt);
    const text = stale ? `Not live, updated ${age}` : `Live, updated ${age}`;
    if (this.liveText.textContent !== text) this.liveText.textContent = text;
  }

  drawTrouble() {
    const { title, since } = this.model.get("trouble");
    this.trouble.hidden = !title;
    if (!title) return;
    const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
    const age = since ? `Showing what was read ${seconds < 60 ? `${seconds} s ago` : formatAge(since)}.` : "Nothing has been read yet.";
    const words = `${age} Trying again every few seconds.`;
    if (this.troubleTitle !== title) {
      this.troubleTitle = title;
      this.troubleAge = el("span");
      this.trouble.replaceChildren(icon("clock"), el("span", {}, el("b", { class: "tb-bold", role: "status", dir: "auto", text: title }), " ", this.troubleAge));
    }
    if (this.troubleAge.textContent !== words) this.troubleAge.textContent = words;
  }

  drawRail() {
    const experiments = this.model.get("experiments");
    const wanted = this.find.value.trim().toLowerCase();
    const chosen = this.model.get("experiment");
    const shown = experiments.filter((one) => one.name.toLowerCase().includes(wanted));
    this.find.hidden = experiments.length < 8 && !wanted;
    const focused = this.list.contains(document.activeElement);
    const rows = shown.slice(0, 500).map((one) => experimentRow(one, one.id === chosen, (id) => this.choose(id)));
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
    this.list.replaceChildren(...rows);
    if (shown.length > 500) this.list.append(el("p", { class: "tb-small tb-muted tb-nothing", text: `and ${shown.length - 500} more: find them by name` }));
    if (!shown.length) this.list.append(el("p", { class: "tb-small tb-muted tb-nothing", text: wanted ? "No experiment has that in its name." : "None yet." }));
    const current = this.list.querySelector('[aria-selected="true"]');
    if (focused && current) current.focus();
  }

  choose(id) {
    this.fold();
    this.set("experiment", id);
    if (this.model.get("tab") === "run") this.set("tab", "runs");
  }

  fold() {
    this.root.removeAttribute("data-menu");
    const button = this.title.querySelector("button");
    if (button) button.setAttribute("aria-expanded", "false");
  }

  drawTitle() {
    const experiment = this.model.get("experiments").find((one) => one.id === this.model.get("experiment"));
    const name = experiment ? experiment.name : "Trackbook";
    const menu = el("button", { class: "tb-button tb-ghost tb-square tb-menu", type: "button", "aria-label": "Choose experiment", "aria-expanded": "false", title: "Choose experiment" }, icon("down"));
    menu.addEventListener("click", () => {
      const open = this.root.toggleAttribute("data-menu");
      menu.setAttribute("aria-expanded", String(open));
      const current = this.list.querySelector('[tabindex="0"]');
      if (open && current) current.focus();
    });
    this.title.replaceChildren(textEl("h1", name, "tb-big tb-ellipsis"), menu, experiment && experiment.running ? el("span", { class: "tb-chip tb-accent", text: `${experiment.running} running` }) : "",
      el("span", { class: "tb-grow" }), experiment && experiment.note ? textEl("span", experiment.note, "tb-muted tb-ellipsis tb-note") : "");
    if (document.body.dataset.voila) document.title = experiment ? `${name} \u00b7 Trackbook` : "Trackbook";
  }

  drawTabs() {
    const chosen = this.model.get("tab");
    const experiment = this.model.get("experiments").find((one) => one.id === this.model.get("experiment"));
    const details = this.model.get("details");
    const counts = { runs: experiment ? experiment.total : null, curves: this.model.get("selected") || null };
    const shown = Object.keys(TAB_WORDS).filter((tab) => tab !== "run" || details.id || chosen === "run");
    const focused = this.tabs.contains(document.activeElement);
    this.tabs.hidden = Boolean(this.model.get("empty").title);
    this.tabs.replaceChildren(...shown.map((tab) => el("button", { class: "tb-tab", type: "button", role: "tab", "aria-selected": String(tab === chosen), tabindex: tab === chosen ? "0" : "-1", on: { click: () => this.set("tab", tab) } },
      tab === "run" && details.name ? textEl("span", details.name, "tb-ellipsis") : TAB_WORDS[tab],
      counts[tab] ? el("span", { class: "tb-chip tb-num", text: groupDigits(String(counts[tab])) }) : null)));
    if (focused) this.tabs.querySelector('[aria-selected="true"]').focus();
  }

  drawPanels() {
    const empty = this.model.get("empty");
    const tab = this.model.get("tab");
    this.empty.hidden = !empty.title;
    if (empty.title) this.empty.replaceChildren(emptyState(empty));
    this.root.setAttribute("data-tab", empty.title ? "empty" : tab);
    for (const [name, panel] of Object.entries(this.panels)) panel.hidden = Boolean(empty.title) || name !== tab;
    this.curvesNote.textContent = this.model.get("curves_note");
    this.curvesNote.hidden = !this.curvesNote.textContent;
    this.tabs.hidden = Boolean(empty.title);
  }

  drawRun() {
    const details = this.model.get("details");
    const panel = this.panels.run;
    const scroll = panel.scrollTop;
    if (details.id) panel.replaceChildren(...runDetails(details, (id) => this.set("run", id)));
    else panel.replaceChildren(el("p", { class: "tb-muted tb-nothing", text: "Double-click a run in the table to open it." }));
    panel.scrollTop = this.runShown === details.id ? scroll : 0;
    this.runShown = details.id;
  }

  onKey(event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.altKey && /^[1-3]$/.test(event.key)) {
      const tab = Object.keys(TAB_WORDS)[Number(event.key) - 1];
      if (tab !== "run" || this.model.get("details").id) this.set("tab", tab);
      event.preventDefault();
    } else if (event.key === "Escape") this.fold();
    else if (!typing && event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      this.root.setAttribute("data-menu", "");
      const current = this.find.hidden ? this.list.querySelector('[tabindex="0"]') : this.find;
      if (current) current.focus();
      event.preventDefault();
    }
    if (this.tabs.contains(event.target) && /^Arrow(Left|Right)$/.test(event.key)) {
      const buttons = [...this.tabs.children];
      const next = buttons[(buttons.indexOf(event.target) + (event.key === "ArrowRight" ? 1 : buttons.length - 1)) % buttons.length];
      next.focus();
      next.click();
      event.preventDefault();
    }
  }

  onListKey(event) {
    if (!/^Arrow(Up|Down)$/.test(event.key)) return;
    const rows = [...this.list.querySelectorAll(".tb-exp")];
    const next = rows[rows.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) next.focus();
    event.preventDefault();
  }

  remove() {
    for (const stop of this.stops) stop();
  }
}

export default {
  render({ model, el: host }) {
    const mode = document.body.dataset.voila ? "page" : "inline";
    const root = el("section", { class: `tb tb-page tb-mode-${mode}`, "aria-label": "Trackbook", "data-lm-suppress-shortcuts": "true" });
    host.append(root);
    const view = new PageView(model, root);
    return () => view.remove();
  },
};
