// The sidebar: find, running runs, recent runs, experiments; what it says when there is nothing, or no answer.

const FIND_MS = 200, AGE_MS = 30000, PAGE_OF_RUNS = 20;

/** The sidebar: {node, source, look(seen), focus()}. */
function makeSidebar(services) {
  const view = new Sidebar(services);
  return { node: view.node, source: view.source, look: (seen) => view.source.look(seen), focus: () => view.find.focus() };
}

class Sidebar {
  constructor(services) {
    this.services = services;
    this.opened = new Map(); // experiment id -> {runs, next} or {trouble}
    this.found = null; // {text, runs} while somebody looks for something
    this.source = new Source(services.lab, () => this.heard());
    this.list = new SectionList({ label: "Runs and experiments", onAct: (key, deed) => this.act(key, deed) });
    this.build();
    services.notebooks?.currentChanged.connect(() => this.draw());
    setInterval(() => { if (this.source.seen && !document.hidden) this.draw(); }, AGE_MS);
  }

  build() {
    this.find = el("input", { class: "tb-input tb-lab-input", type: "search", placeholder: "Find run or experiment", "aria-label": "Find run or experiment", autocomplete: "off", spellcheck: "false", on: { input: () => this.look(), keydown: (event) => this.findKey(event) } });
    this.said = el("div", { class: "tb-lab-said tb-small", role: "status", hidden: true });
    this.later = el("button", { class: "tb-lab-later tb-small", type: "button", hidden: true, on: { click: () => this.draw(true) } });
    this.empty = el("div", { class: "tb-lab-empty", hidden: true });
    this.body = el("div", { class: "tb-lab-body", on: { pointerleave: () => this.draw(true) } }, this.later, this.list.node, this.empty);
    const button = (name, label, act) => el("button", { class: "tb-lab-button", type: "button", "aria-label": label, title: label, on: { click: act } }, icon(name));
    this.node = el("div", { class: "tb tb-lab", "data-lm-suppress-shortcuts": "true", on: { keydown: (event) => this.key(event) } },
      el("div", { class: "tb-lab-top" },
        el("h2", { class: "tb-lab-title", text: "Trackbook" }),
        button("plus", "Insert a cell that starts a run", () => this.safely(insertCell(this.services, START_LINES, { run: false }))),
        button("eye", "Open the dashboard", () => this.safely(openDashboard(this.services, this.source)))),
      el("div", { class: "tb-lab-find" }, icon("search"), this.find),
      this.said, this.body,
      el("div", { class: "tb-lab-foot tb-small tb-muted" }, "Click a run to insert ", el("span", { class: "tb-code", text: "%track_show" }), ". ", el("kbd", { text: "Shift" }), " opens the dashboard."));
  }

  // ---- keys ----

  key(event) {
    if (event.key !== "/" || event.target === this.find) return;
    event.preventDefault();
    this.find.focus();
  }

  findKey(event) {
    if (event.key === "Escape" && this.find.value) {
      this.find.value = "";
      this.look();
    } else if (event.key === "ArrowDown") {
      this.list.node.querySelector("[data-key]")?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // ---- deeds ----

  act(key, deed) {
    const [, kind, id] = /(run|experiment|more) (\S+)$/.exec(key) ?? [];
    if (kind === "run" && deed === "dashboard") this.safely(openDashboard(this.services, this.source, { run: id }));
    else if (kind === "run") this.safely(this.insert(id));
    else if (kind === "experiment" && deed === "dashboard") this.safely(openDashboard(this.services, this.source, { experiment: id }));
    else if (kind === "experiment") this.safely(this.turn(id));
    else if (kind === "more") this.safely(this.readMore(id));
    else if (key === "dashboard all") this.safely(openDashboard(this.services, this.source));
  }

  async insert(id) {
    const run = this.known(id);
    if (run) await insertCell(this.services, showLines(run));
  }

  known(id) {
    const { running = [], recent = [] } = this.source.answer ?? {};
    const opened = [...this.opened.values()].flatMap((each) => each.runs ?? []);
    return [...running, ...recent, ...(this.found?.runs ?? []), ...opened].find((run) => run.id === id);
  }

  /** Unfold an experiment, or fold it. */
  async turn(id) {
    if (this.opened.delete(id)) return this.draw(true);
    this.opened.set(id, { runs: [], next: "" });
    await this.readMore(id);
    return undefined;
  }

  async readMore(id) {
    const known = this.opened.get(id);
    const query = { experiment_id: id, max_results: String(PAGE_OF_RUNS) };
    if (known?.next) query.page_token = known.next;
    const page = await this.source.runs(query);
    if (!this.opened.has(id)) return;
    this.opened.set(id, { runs: [...(known?.runs ?? []), ...page.runs], next: page.next_page_token });
    this.draw(true);
  }

  /** Narrow the list at once, and ask the store for runs that are not in it. */
  look() {
    clearTimeout(this.looking);
    const text = this.find.value.trim();
    if (!text) this.found = null;
    else this.looking = setTimeout(() => void this.ask(text), FIND_MS);
    this.draw(true);
  }

  async ask(text) {
    try {
      const { runs } = await this.source.runs({ find: text, max_results: "40" });
      if (this.find.value.trim() === text) this.found = { text, runs };
    } catch (error) {
      this.say(error.message);
    }
    this.draw(true);
  }

  safely(deed) {
    deed.catch((error) => this.say(String(error?.message ?? error)));
  }

  say(text) {
    this.said.textContent = text;
    this.said.hidden = !text;
  }

  // ---- drawing ----

  heard() {
    const { trouble, readAt } = this.source;
    const ago = readAt === null ? "" : ` Showing what was read ${Math.round((Date.now() - readAt) / 1000)} s ago.`;
    this.say(trouble ? `${trouble}${ago} Trying again in ${AGAIN_MS / 1000} s.` : "");
    this.draw();
    this.refreshOpened();
  }

  /** Runs of unfolded experiments stay as they were read; those that also stand above follow them. */
  refreshOpened() {
    const { running = [], recent = [] } = this.source.answer ?? {};
    const now = new Map([...running, ...recent].map((run) => [run.id, run]));
    for (const each of this.opened.values()) each.runs = each.runs.map((run) => now.get(run.id) ?? run);
  }

  /** Rows never move under the pointer: while it is over the list, new ones wait behind a button. */
  draw(now = false) {
    const sections = this.sections();
    const keys = sections.flatMap((section) => section.items.map((item) => item.key));
    const moves = keys.join("\n") !== this.list.keys().join("\n");
    if (!now && moves && this.list.keys().length && this.body.matches(":hover")) {
      const fresh = keys.filter((key) => !this.list.keys().includes(key)).length;
      this.later.textContent = fresh ? `${fresh} new` : "Show changes";
      this.later.hidden = false;
      return;
    }
    this.later.hidden = true;
    this.list.show(sections);
    this.drawEmpty(sections);
  }

  sections() {
    const { running = [], recent = [], experiments = [], more_running: more, more_experiments: others } = this.source.answer ?? {};
    const text = this.find.value.trim().toLowerCase();
    const fits = (...names) => !text || text.split(/\s+/).every((word) => names.some((name) => name.toLowerCase().includes(word)));
    const runs = (list) => list.filter((run) => fits(run.name, run.experiment)).map((run) => this.runEntry(run));
    const above = new Set(running.map((run) => run.id));
    const named = experiments.filter((one) => fits(one.name));
    const older = text ? [...recent, ...(this.found?.runs ?? [])] : recent;
    const once = [...new Map(older.map((run) => [run.id, run])).values()].filter((run) => !above.has(run.id));
    const all = named.flatMap((one) => this.experimentEntries(one));
    if (others && !text) all.push({ key: "dashboard all", says: String(others), make: () => moreItem("dashboard all", `${groupDigits(String(others))} more in the dashboard`) });
    return [
      { name: "running", title: "Running", count: running.length ? `${running.length}${more ? "+" : ""}` : "", items: runs(running) },
      { name: "recent", title: text ? "Runs" : "Recent", items: runs(once) },
      { name: "experiments", title: "Experiments", items: all },
    ];
  }

  runEntry(run, level = 1, place = "") {
    const here = Boolean(run.source) && baseName(run.source) === baseName(this.services.notebooks?.currentWidget?.context.path ?? "");
    const key = `${place}run ${run.id}`;
    const age = formatAge(run.end ?? run.start);
    return { key, says: JSON.stringify([run, here, level, run.status === "RUNNING" ? "" : age]), make: () => runItem(run, { key, here, level }) };
  }

  experimentEntries(experiment) {
    const opened = this.opened.get(experiment.id);
    const key = `experiment ${experiment.id}`;
    const head = { key, says: JSON.stringify([experiment, Boolean(opened)]), make: () => experimentItem(experiment, Boolean(opened)) };
    if (!opened) return [head];
    const rows = opened.runs.map((run) => this.runEntry(run, 2, `in ${experiment.id} `));
    if (opened.next) rows.push({ key: `more ${experiment.id}`, says: opened.next, make: () => moreItem(`more ${experiment.id}`, "More runs", 2) });
    return [head, ...rows];
  }

  drawEmpty(sections) {
    const answer = this.source.answer, nothing = sections.every((section) => !section.items.length);
    const says = !nothing || !answer ? "" : this.find.value.trim() ? "nothing found" : `${answer.state} ${answer.message} ${answer.store.path}`;
    if (says === this.emptySays) return;
    this.emptySays = says;
    this.empty.hidden = !says;
    this.empty.replaceChildren(...(!says ? [] : this.find.value.trim() ? [el("p", { class: "tb-muted", text: "No run and no experiment has this in its name." })] : this.firstSteps(answer)));
  }

  /** What a newcomer does next, and where it will be kept. */
  firstSteps(answer) {
    if (answer.state === "trouble") return [el("p", { text: "The store cannot be shown." }), textEl("p", answer.store.path, "tb-code tb-lab-path")];
    const where = answer.state === "absent" ? "There is no store yet. The first run makes it:" : "Nobody has logged a run yet to the store";
    return [
      el("h3", { class: "tb-medium", text: "No runs yet" }),
      el("p", {}, where),
      textEl("p", answer.store.short || answer.store.path, "tb-code tb-lab-path"),
      el("p", { text: "Put this in a cell and run it; the run appears here while it trains." }),
      el("pre", { class: "tb-code tb-lab-code", text: `%load_ext trackbook\n${START_LINES}` }),
      el("button", { class: "tb-button", type: "button", text: "Insert this cell", on: { click: () => this.safely(insertCell(this.services, START_LINES, { run: false })) } }),
    ];
  }
}
