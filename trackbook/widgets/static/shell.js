// The frame of a page. Put after shared.js, ask.js, floats.js and the other shell files.

const TAB_WORDS = { runs: "Runs", curves: "Curves", compare: "Compare", artifacts: "Artifacts", models: "Models", run: "Run" };
const SLOT_OF = { runs: ["table"], curves: ["curves"], compare: ["comparison", "statistics"], artifacts: ["artifacts"], models: ["registry"] };
const NARROW_PX = 760;

class PageView {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.narrow = false;
    this.asker = new Asker(model, (busy) => root.toggleAttribute("data-busy", busy));
    this.bar = new TopBar(this);
    this.rail = new Rail(this);
    this.trouble = el("div", { class: "tb-trouble", hidden: true });
    this.title = el("div", { class: "tb-title" });
    this.tabs = el("div", { class: "tb-tabs", role: "tablist", "aria-label": "Views of the experiment" });
    this.partHost = el("div", { class: "tb-part", hidden: true });
    this.head = el("div", { class: "tb-main-head" }, this.title, this.tabs, this.partHost);
    this.note = el("p", { class: "tb-small tb-muted tb-of-what" });
    this.hosts = {};
    this.panels = Object.fromEntries(Object.keys(TAB_WORDS).map((tab) => [tab, this.tabPanel(tab)]));
    this.empty = el("div", { class: "tb-panel tb-panel-empty", hidden: true });
    this.clockHost = el("div", { hidden: true });
    this.main = el("main", { class: "tb-main" }, this.head, this.trouble, this.note, ...Object.values(this.panels), this.empty);
    root.replaceChildren(el("div", { class: "tb-frame" }, this.bar.node, this.rail.strip, this.rail.node, this.main), this.clockHost);
    this.slots = [...Object.entries(this.hosts), ["ticker", this.clockHost]].map(([name, host]) => new Slot(model, name, host));
    this.stops = [followTheme(root, () => {}), () => this.slots.forEach((slot) => slot.remove()), () => this.asker.remove()];
    this.listen();
    this.drawAll();
  }

  tabPanel(tab) {
    const panel = el("div", { class: `tb-panel tb-panel-${tab}`, role: "tabpanel", "aria-label": TAB_WORDS[tab], hidden: true });
    for (const name of SLOT_OF[tab] || []) panel.append(this.hosts[name] = el("div", { class: `tb-slot tb-slot-${name}` }));
    return panel;
  }

  listen() {
    const on = (events, handler) => {
      this.model.on(events, handler);
      this.stops.push(() => this.model.off(events, handler));
    };
    on("change:place", () => this.bar.draw());
    on("change:permission", () => { this.bar.draw(); this.rail.draw(); });
    for (const name of ["experiments", "experiment"]) on(`change:${name}`, () => { this.rail.draw(); this.drawTitle(); this.drawTabs(); });
    for (const name of ["views", "shown_view"]) on(`change:${name}`, () => this.rail.drawViews());
    for (const name of ["tab", "part"]) on(`change:${name}`, () => { this.drawTabs(); this.drawPanels(); });
    for (const name of ["selected", "models"]) on(`change:${name}`, () => this.drawTabs());
    for (const name of ["empty", "vacant", "note"]) on(`change:${name}`, () => this.drawPanels());
    on("change:details", () => { this.drawRun(); this.drawTabs(); });
    on("change:trouble", () => { this.troubleAt = Date.now(); this.drawTrouble(); this.bar.drawLive(); });
    on("change:notice", () => this.drawNotice());
    on("msg:custom", (content) => { if (content.type === "read") { this.bar.readAt = Date.now(); this.bar.drawLive(); } });
    const clock = setInterval(() => { this.bar.drawLive(); this.drawTrouble(); }, 1000);
    const away = (event) => { if (!event.composedPath().some((node) => [this.rail.node, this.rail.strip, this.title].includes(node))) this.rail.fold(); };
    document.addEventListener("pointerdown", away);
    this.root.addEventListener("keydown", (event) => this.onKey(event));
    const sized = new ResizeObserver(() => this.drawSize());
    sized.observe(this.root);
    this.stops.push(() => clearInterval(clock), () => document.removeEventListener("pointerdown", away), () => sized.disconnect());
  }

  set(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  /** Ask the kernel; what goes wrong is said at the foot of the page. Null then. */
  async deed(kind, given = {}, said = "") {
    try {
      const answer = await this.asker.ask(kind, given);
      if (said) say(this.root, said);
      return answer;
    } catch (error) {
      say(this.root, error.message, { trouble: true });
      return null;
    }
  }

  drawAll() {
    this.troubleAt = Date.now();
    this.bar.draw();
    this.rail.draw();
    this.drawTitle();
    this.drawTabs();
    this.drawRun();
    this.drawPanels();
    this.drawTrouble();
    this.drawNotice();
  }

  /** Below 760 px the title stands in the top bar. */
  drawSize() {
    const narrow = this.root.clientWidth < NARROW_PX;
    if (narrow === this.narrow || !this.root.clientWidth) return;
    this.narrow = narrow;
    const focused = this.title.contains(document.activeElement);
    if (narrow) this.bar.titleHost.append(this.title);
    else this.head.prepend(this.title);
    if (focused) this.title.querySelector("button")?.focus();
    this.bar.drawLive();
  }

  drawNotice() {
    const text = this.model.get("notice");
    if (text) say(this.root, text, { trouble: true });
  }

  drawTrouble() {
    const { title, since, again } = this.model.get("trouble");
    this.trouble.hidden = !title;
    if (!title) { this.troubleTitle = null; return; }
    const passed = Date.now() - this.troubleAt;
    const seconds = Math.round(((since || 0) + passed) / 1000);
    const age = since === null || since === undefined ? "Nothing has been read yet." : `Showing what was read ${seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000)} ago.`;
    const left = Math.round(((again || 0) - passed) / 1000);
    const words = `${age} ${left > 0 ? `Trying again in ${left} s.` : "Trying again."}`;
    if (this.troubleTitle !== title) {
      this.troubleTitle = title;
      this.troubleAge = el("span");
      this.trouble.replaceChildren(icon("clock"), el("span", { class: "tb-grow" }, el("b", { class: "tb-bold", role: "status", dir: "auto", text: title }), " ", this.troubleAge),
        el("button", { class: "tb-button tb-low", type: "button", on: { click: () => this.deed("again") } }, "Try now"));
    }
    if (this.troubleAge.textContent !== words) this.troubleAge.textContent = words;
  }

  drawExpanded() {
    const open = String(this.root.hasAttribute("data-menu"));
    for (const button of [this.title.querySelector("button"), this.rail.strip.firstChild]) button?.setAttribute("aria-expanded", open);
  }

  drawTitle() {
    const experiment = this.model.get("experiments").find((one) => one.id === this.model.get("experiment"));
    const name = experiment ? experiment.name : "Trackbook";
    const menu = el("button", { class: "tb-button tb-ghost tb-square tb-menu", type: "button", "aria-label": "Choose experiment", "aria-expanded": "false", title: "Choose experiment", on: { click: () => this.rail.toggle(() => this.rail.current()) } }, icon("down"));
    this.title.replaceChildren(textEl("h1", name, "tb-big tb-ellipsis"), menu, experiment && experiment.running ? el("span", { class: "tb-chip tb-accent tb-running", text: `${experiment.running} running` }) : "",
      el("span", { class: "tb-grow" }), experiment && experiment.note ? textEl("span", experiment.note, "tb-muted tb-ellipsis tb-note") : "");
    if (document.body.dataset.voila) document.title = experiment ? `${name} \u00b7 Trackbook` : "Trackbook";
    this.drawExpanded();
  }

  drawTabs() {
    const chosen = this.model.get("tab");
    const experiment = this.model.get("experiments").find((one) => one.id === this.model.get("experiment"));
    const details = this.model.get("details");
    const counts = { runs: experiment ? experiment.total : null, compare: this.model.get("selected") || null, models: this.model.get("models") || null };
    const shown = Object.keys(TAB_WORDS).filter((tab) => tab !== "run" || details.id || chosen === "run");
    const focused = this.tabs.contains(document.activeElement);
    this.tabs.replaceChildren(...shown.map((tab) => el("button", { class: "tb-tab", type: "button", role: "tab", "data-tab": tab, "aria-selected": String(tab === chosen), tabindex: tab === chosen ? "0" : "-1", on: { click: () => this.set({ tab }) } },
      tab === "run" && details.name ? textEl("span", details.name, "tb-ellipsis") : TAB_WORDS[tab],
      counts[tab] ? el("span", { class: "tb-chip tb-num", text: groupDigits(String(counts[tab])) }) : null)));
    if (focused) this.tabs.querySelector('[aria-selected="true"]').focus();
    const part = this.model.get("part");
    this.partHost.hidden = chosen !== "compare";
    const inPart = this.partHost.contains(document.activeElement);
    this.partHost.replaceChildren(segments([["compare", "Side by side"], ["statistics", "Statistics"]], part, (name) => this.set({ part: name }), "What is compared"));
    if (inPart) this.partHost.querySelector('[aria-pressed="true"]').focus();
  }

  drawPanels() {
    const nothing = this.model.get("empty"), tab = this.model.get("tab"), vacant = this.model.get("vacant");
    const empty = nothing.title ? nothing : tab === "runs" || tab === "run" ? {} : vacant;
    this.empty.hidden = !empty.title;
    if (empty.title) this.empty.replaceChildren(emptyState(empty));
    this.root.setAttribute("data-tab", nothing.title ? "empty" : tab);
    this.root.setAttribute("data-rail", nothing.title || tab === "runs" || tab === "run" ? "column" : "icons");
    for (const [name, panel] of Object.entries(this.panels)) panel.hidden = Boolean(empty.title) || name !== tab;
    this.hosts.comparison.hidden = this.model.get("part") !== "compare";
    this.hosts.statistics.hidden = !this.hosts.comparison.hidden;
    this.note.textContent = tab === "compare" && this.model.get("part") === "statistics" ? "" : this.model.get("note");
    this.note.hidden = Boolean(empty.title) || !this.note.textContent || !["curves", "compare", "artifacts"].includes(tab);
    this.head.hidden = Boolean(nothing.title);
  }

  drawRun() {
    const details = this.model.get("details");
    const panel = this.panels.run;
    const scroll = panel.scrollTop;
    if (details.id) panel.replaceChildren(...runDetails(details, (id) => this.set({ run: id })));
    else panel.replaceChildren(el("p", { class: "tb-muted tb-nothing", text: "Double-click a run in the table to open it." }));
    panel.scrollTop = this.runShown === details.id ? scroll : 0;
    this.runShown = details.id;
  }

  onKey(event) {
    const typing = event.target.matches?.("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const digit = /^Digit([1-5])$/.exec(event.code);
    if (event.altKey && !event.ctrlKey && digit) this.set({ tab: Object.keys(TAB_WORDS)[Number(digit[1]) - 1] });
    else if (event.key === "Escape" && this.rail.fold()) this.title.querySelector("button")?.focus();
    else if (event.defaultPrevented || typing || !plain) { this.onTabKey(event); return; }
    else if (event.key.toLowerCase() === "e") this.rail.open();
    else if (event.key === "?") this.bar.keys();
    else if (event.key === "/") this.panels[this.model.get("tab")].querySelector("input[type=search], [role=combobox], input[type=text], input:not([type])")?.focus();
    else { this.onTabKey(event); return; }
    event.preventDefault();
  }

  onTabKey(event) {
    if (!this.tabs.contains(event.target) || !/^Arrow(Left|Right)$/.test(event.key)) return;
    const buttons = [...this.tabs.children];
    const next = buttons[(buttons.indexOf(event.target) + (event.key === "ArrowRight" ? 1 : buttons.length - 1)) % buttons.length];
    next.focus();
    next.click();
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
