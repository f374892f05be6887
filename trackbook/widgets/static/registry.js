// The panel of registered models. The kernel keeps all that is shown in traits; the page draws them and asks for changes.

const READ_TRAITS = ["_models", "_model", "_details", "_trail", "_chain", "_trouble", "permission"];

class RegistryPage {
  constructor(model) {
    this.model = model;
    this.root = el("section", { class: "tb tb-models", "data-lm-suppress-shortcuts": "true", "aria-label": "Registered models" });
    this.asker = new Asker(model, (busy) => { this.busy.hidden = !busy; });
    this.busy = el("p", { class: "tb-models-note tb-small", role: "status", hidden: true, text: "The kernel is busy; it answers when its cell has ended." });
    this.trouble = el("p", { class: "tb-models-note tb-models-trouble", role: "alert", hidden: true, dir: "auto" });
    this.menus = new RegistryMenus(this.root, model, this.asker, (number) => this.plan({ deed: "promotion", version: number }));
    this.list = new ModelList(model, (name) => this.go(name, null));
    this.table = new VersionTable({
      choose: (number) => setView(model, { version: number }), open: (run) => this.open(run), menu: (button, row) => this.menus.version(button, row),
      pick: (button) => this.menus.metrics(button), more: (count) => setView(model, { versions: count }),
    });
    this.details = new VersionDetails(this.root, {
      open: (run) => this.open(run), go: (name, version) => this.go(name, version), describe: ({ number }) => this.menus.describe(number), tags: ({ number }) => this.menus.tags(number), check: (details) => this.check(details, false),
    });
    this.trail = new TrailTable({ verify: () => this.menus.ask("verify"), whole: (all) => setView(model, { trail: all ? "all" : "" }) });
    this.head = el("header", { class: "tb-models-title" });
    this.note = el("div");
    this.content = el("div", { class: "tb-models-content" }, this.busy, this.trouble, this.head, this.note, this.table.node, this.table.foot, this.details.lineage, this.trail.node, this.details.about);
    this.empty = el("div", { class: "tb-models-empty", hidden: true });
    this.root.append(this.list.node, this.content, this.empty);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.changed = new Set(READ_TRAITS);
    this.hear = Object.fromEntries(READ_TRAITS.map((trait) => [trait, () => this.drawSoon(trait)]));
    for (const trait of READ_TRAITS) model.on(`change:${trait}`, this.hear[trait]);
    this.theme = followTheme(this.root, () => {});
    this.drawNow();
  }

  /** One drawing for all traits that come together. */
  drawSoon(trait) {
    this.changed.add(trait);
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => { this.waiting = false; this.drawNow(); });
  }

  /** Draw what changed; `of` says of which traits a part is made. */
  drawNow() {
    const changed = this.changed, of = (...traits) => traits.some((trait) => changed.has(trait));
    this.changed = new Set();
    const facts = this.model.get("_model"), details = this.model.get("_details"), { rows = [], find = "" } = this.model.get("_models");
    const trouble = this.model.get("_trouble"), { allowed } = this.model.get("permission");
    this.trouble.textContent = trouble;
    this.trouble.hidden = !trouble;
    const nothing = !rows.length && !find && !facts.name && !trouble;
    this.empty.hidden = !nothing;
    this.list.node.hidden = this.content.hidden = nothing;
    if (nothing) { this.drawEmpty(); return; }
    if (of("_models", "_model")) this.list.draw(facts.name);
    for (const part of [this.head, this.table.node, this.table.foot]) part.hidden = !facts.name;
    if (of("_model", "_details", "permission")) this.drawHead(facts, details, allowed);
    if (!facts.name) { redraw(this.note); this.details.draw("", {}, false); this.trail.draw({}, {}); return; }
    if (of("_model", "permission")) this.drawNote(facts, allowed);
    this.table.node.hidden = !facts.versions.length;
    if (facts.versions.length && of("_model", "_details")) this.table.draw(facts, details.number);
    if (of("_model", "_details", "permission")) this.details.draw(facts.name, details, allowed);
    if (of("_trail", "_chain")) this.trail.draw(this.model.get("_trail"), this.model.get("_chain"));
  }

  drawHead(facts, details, allowed) {
    if (!facts.name) { redraw(this.head); return; }
    const flavor = details.flavors && details.flavors[0] ? details.flavors[0][0] : "";
    const buttons = [];
    if (allowed && facts.before) buttons.push(el("button", { class: "tb-button", type: "button", "data-focus": "back", title: `Back to v${facts.before}, which was in production before`, on: { click: () => this.plan({ deed: "roll back" }) } }, icon("back"), "Roll back"));
    if (allowed && details.number && details.number !== facts.serving) buttons.push(el("button", { class: "tb-button tb-primary", type: "button", "data-focus": "promote", on: { click: () => this.plan({ deed: "promotion", version: details.number }) } }, `Promote v${details.number}…`));
    buttons.push(el("button", { class: "tb-button tb-ghost tb-square", type: "button", title: `More of ${facts.name}`, "aria-label": `More of ${facts.name}`, "aria-haspopup": "menu", "data-focus": "whole", on: { click: (event) => this.menus.whole(event.currentTarget) } }, icon("dots")));
    redraw(this.head, el("h2", { class: "tb-panel-title tb-ellipsis", dir: "auto", title: facts.name, text: facts.name }), flavor ? el("span", { class: "tb-chip tb-outline tb-models-flavor", dir: "auto", text: flavor }) : null,
      el("span", { class: "tb-muted tb-ellipsis tb-grow", dir: "auto", title: facts.description, text: facts.description.split("\n")[0] }), el("span", { class: "tb-models-buttons" }, buttons));
  }

  drawNote(facts, allowed) {
    const tags = facts.tags.length ? el("div", { class: "tb-models-chips" }, facts.tags.map(([key, value]) => el("span", { class: "tb-chip tb-param", title: `${key}: ${value}` }, el("span", { class: "tb-ellipsis", dir: "auto", text: `${key}: ${value}` })))) : null;
    const why = allowed ? null : el("p", { class: "tb-models-why tb-small tb-muted", dir: "auto", text: this.model.get("permission").why });
    const none = facts.versions.length ? null : el("div", { class: "tb-models-section" }, el("p", { class: "tb-muted", text: "No version yet. Put this in a cell and run it." }), codeBlock(this.root, `import trackbook\n\ntrackbook.register_model("runs:/RUN_ID/model", ${JSON.stringify(facts.name)})`, "how to register a version"));
    redraw(this.note, tags, why, none);
  }

  drawEmpty() {
    const { store, code } = this.model.get("_about");
    redraw(this.empty, icon("cube"), el("h2", { class: "tb-panel-title", text: "No registered models yet" }), el("p", { class: "tb-muted" }, "A registered model keeps the versions of a model under one name, so that others find the right one. Put this in a cell and run it."), codeBlock(this.root, code, "how to register a model"), el("p", { class: "tb-small tb-muted tb-models-store", dir: "auto", text: `Looked in ${store}` }));
  }

  go(name, version) {
    setView(this.model, { model: name, version, trail: "", versions: 50 });
  }

  /** Ask whoever shows this panel to open a run. */
  open(run) {
    if (this.model.get("run") === run.id) { this.model.set("run", ""); this.model.save_changes(); }
    this.model.set("run", run.id);
    this.model.save_changes();
    say(this.root, `%track_show ${run.id.slice(0, 8)} shows the run ${run.name}.`);
  }

  async plan(given) {
    try {
      await openPlan(this.root, this.asker, { name: this.model.get("_model").name, ...given }, this.model.get("_about").actor);
    } catch (error) {
      say(this.root, error.message, { trouble: true });
    }
  }

  async check({ number }, anyway) {
    const name = this.model.get("_model").name, found = await this.menus.ask("check files", { version: number, anyway });
    if (!found) return;
    if (found.large) {
      openDialog(this.root, { title: `Read ${formatSize(found.large)}`, note: "The files are read from where they lie and compared with what was registered.", deedText: "Read and compare", deed: () => this.check({ number }, true) });
      return;
    }
    this.details.checked = { ...found, of: `${name}/${number}` };
    this.drawSoon("_details");
  }

  key(event) {
    if (event.target.closest("dialog, .tb-over") || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, textarea");
    if (event.key === "/" && !typing) { event.preventDefault(); this.list.box.hidden = false; this.list.box.focus(); }
    else if (event.key === "Escape" && typing === this.list.box) { this.list.box.value = ""; this.list.find(); this.list.rows.querySelector('[tabindex="0"]')?.focus(); }
    else if (event.key === "?" && !typing) this.keys();
  }

  keys() {
    const rows = [["/", "find a model"], ["↑ ↓ or J K", "another model or version"], ["Enter", "show it"], ["Esc", "close, then clear"], ["?", "this list"]];
    openDialog(this.root, { title: "Keys", body: [el("table", { class: "tb-table", "aria-label": "Keys" }, el("tbody", {}, rows.map(([key, text]) => el("tr", {}, el("td", {}, el("kbd", { text: key })), el("td", { text })))))] });
  }

  remove() {
    for (const trait of READ_TRAITS) this.model.off(`change:${trait}`, this.hear[trait]);
    this.asker.remove();
    this.list.remove();
    this.theme();
  }
}

export default {
  render({ model, el: host }) {
    const page = new RegistryPage(model);
    host.append(page.root);
    return () => page.remove();
  },
};
