// Menus and dialogs that change a model or a version. Deleting cannot be undone, so it asks; moves offer Undo. Put after
// floats.js and registry_parts.js.

const STAGES = ["None", "Staging", "Production", "Archived"];

/** What a panel may be asked to change; `promote(number)` opens the dialog of a promotion. */
class RegistryMenus {
  constructor(root, model, asker, promote) {
    this.root = root;
    this.model = model;
    this.asker = asker;
    this.promote = promote;
  }

  get name() { return this.model.get("_model").name; }

  get allowed() { return this.model.get("permission").allowed; }

  /** Ask the kernel; what it refuses is said at the foot. Returns its answer, or null. */
  async ask(kind, given = {}) {
    try {
      return (await this.asker.ask(kind, { name: this.name, ...given })).value;
    } catch (error) {
      say(this.root, error.message, { trouble: true });
      return null;
    }
  }

  /** Make a move at once, and offer to take it back while nobody else has moved anything. */
  async move(move, back, text) {
    const name = this.name, done = await this.ask("move", move);
    if (done) say(this.root, text, { undo: () => this.asker.ask("move", { name, ...back, seen: done.seen, comment: "undone" }) });
  }

  /** The menu of a version. */
  version(button, row) {
    const items = [{ text: "Copy address", icon: "copy", deed: () => this.copy(`models:/${this.name}/${row.number}`) }];
    if (this.allowed) {
      items.push(null);
      if (row.stage !== "Production") items.push({ text: `Promote v${row.number} to Production…`, icon: "bolt", deed: () => this.promote(row.number) });
      for (const stage of STAGES) {
        if (stage === "Production" || stage === row.stage) continue;
        const text = stage === "None" ? "Take out of its stage" : stage === "Archived" ? "Archive" : `Move to ${stage}`;
        items.push({ text, deed: () => this.move({ version: row.number, stage }, { version: row.number, stage: row.stage }, `v${row.number} is ${stage === "None" ? "in no stage" : stage === "Archived" ? "archived" : `in ${stage}`}.`) });
      }
      items.push(null, { text: "Set an alias…", icon: "tag", deed: () => this.alias(row) });
      for (const alias of row.aliases) items.push({ text: `Drop @${alias}`, deed: () => this.move({ alias, version: null }, { alias, version: row.number }, `@${alias} is dropped.`) });
      items.push(null, { text: "Description…", deed: () => this.describe(row.number) }, { text: "Tags…", deed: () => this.tags(row.number) }, null, { text: `Delete v${row.number}…`, icon: "trash", danger: true, deed: () => this.remove(row.number) });
    }
    openMenu(this.root, button, items, `v${row.number} of ${this.name}`);
  }

  /** The menu of the model. */
  whole(button) {
    const items = [{ text: "Copy as code", icon: "code", deed: () => this.copy(this.model.get("code")) }];
    if (this.allowed) items.push(null, { text: "Rename…", deed: () => this.rename() }, { text: "Description…", deed: () => this.describe(null) }, { text: "Tags…", deed: () => this.tags(null) }, null, { text: "Delete the model…", icon: "trash", danger: true, deed: () => this.remove(null) });
    openMenu(this.root, button, items, this.name);
  }

  async copy(text) {
    say(this.root, (await copyText(text)) ? `Copied ${text}` : "The browser did not let it copy.", {});
  }

  alias(row) {
    const known = this.model.get("_model").aliases;
    const box = el("input", { class: "tb-input", type: "text", maxlength: 255, autofocus: true, required: true, dir: "auto" });
    const chips = known.filter(([, number]) => number !== row.number).map(([alias, number]) => el("button", { class: "tb-button tb-low", type: "button", on: { click: () => { box.value = alias; box.focus(); } } }, `@${alias} of v${number}`));
    const comment = el("input", { class: "tb-input", type: "text", maxlength: 5000, dir: "auto" });
    openDialog(this.root, {
      title: `Set an alias of v${row.number}`, note: "An alias points at one version; one that is there moves here.", deedText: `Point it at v${row.number}`,
      body: [el("label", { class: "tb-field" }, "Alias", box), chips.length ? el("div", { class: "tb-models-chips" }, chips) : null, el("label", { class: "tb-field" }, el("span", {}, "Comment ", el("span", { class: "tb-muted tb-models-light", text: "kept in the audit trail" })), comment)],
      deed: async () => {
        const alias = box.value.trim().replace(/^@/, ""), name = this.name, before = known.find(([one]) => one === alias);
        const { value } = await this.asker.ask("move", { name, alias, version: row.number, comment: comment.value });
        say(this.root, `@${alias} points at v${row.number}.`, { undo: () => this.asker.ask("move", { name, alias, version: before ? before[1] : null, seen: value.seen, comment: "undone" }) });
      },
    });
  }

  describe(version) {
    const of = version === null ? this.name : `v${version}`;
    const now = version === null ? this.model.get("_model").description : this.model.get("_details").number === version ? this.model.get("_details").description : "";
    const box = el("textarea", { class: "tb-input", rows: 6, maxlength: 100000, autofocus: true, dir: "auto", "aria-label": `Description of ${of}` });
    box.value = now;
    openDialog(this.root, { title: `Description of ${of}`, note: "Markdown, shown as it is written.", wide: true, deedText: "Save description", body: [box], deed: () => this.asker.ask("describe", { name: this.name, version, text: box.value }) });
  }

  tags(version) {
    const read = () => (version === null ? this.model.get("_model").tags : this.model.get("_details").number === version ? this.model.get("_details").tags : []) || [];
    const list = el("div", { class: "tb-models-tags" }), key = el("input", { class: "tb-input", type: "text", "aria-label": "Name of a tag", placeholder: "name", autofocus: true, dir: "auto" }), value = el("input", { class: "tb-input tb-grow", type: "text", "aria-label": "Value of the tag", placeholder: "value", dir: "auto" });
    const name = this.name;
    const fill = () => redraw(list, read().map(([tag, text]) => el("div", { class: "tb-row" }, el("span", { class: "tb-grow tb-ellipsis", dir: "auto", title: `${tag}: ${text}`, text: `${tag}: ${text}` }),
      el("button", { class: "tb-button tb-ghost tb-low", type: "button", "aria-label": `Change the tag ${tag}`, on: { click: () => { key.value = tag; value.value = text; value.focus(); } } }, "Change"),
      el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", "aria-label": `Remove the tag ${tag}`, on: { click: async () => { await this.asker.ask("tag", { name, version, key: tag }).then(undefined, (error) => say(this.root, error.message, { trouble: true })); fill(); } } }, icon("close")))));
    fill();
    const learn = () => fill();
    for (const trait of ["_model", "_details"]) this.model.on(`change:${trait}`, learn);
    const dialog = openDialog(this.root, { title: `Tags of ${version === null ? name : `v${version}`}`, deedText: "Set tag", body: [list, el("div", { class: "tb-row" }, key, value)], deed: () => this.asker.ask("tag", { name, version, key: key.value.trim(), value: value.value }) });
    dialog.addEventListener("close", () => { for (const trait of ["_model", "_details"]) this.model.off(`change:${trait}`, learn); });
  }

  rename() {
    const name = this.name, box = el("input", { class: "tb-input", type: "text", maxlength: 256, autofocus: true, dir: "auto", value: name });
    openDialog(this.root, { title: `Rename ${name}`, note: "Versions, aliases and tags follow; code that loads it by its old name does not.", deedText: "Rename", body: [el("label", { class: "tb-field" }, "New name", box)], deed: () => this.asker.ask("rename", { name, to: box.value }) });
  }

  remove(version) {
    const name = this.name, { versions, more } = this.model.get("_model");
    const row = versions.find(({ number }) => number === version);
    const lost = version === null ? `${more ? "Its versions" : `Its ${versions.length} ${versions.length === 1 ? "version" : "versions"}`}, aliases and tags go with it.` : [row && row.stage !== "None" ? `It is in ${row.stage}.` : "", row && row.aliases.length ? `${row.aliases.map((alias) => `@${alias}`).join(", ")} will point at nothing.` : ""].filter(Boolean).join(" ");
    openDialog(this.root, {
      title: version === null ? `Delete the model ${name}` : `Delete v${version} of ${name}`, note: `${lost} This cannot be undone; the files stay with the logged model, and the audit trail keeps what was there.`.trim(), danger: true,
      deedText: version === null ? "Delete the model" : `Delete v${version}`, deed: () => this.asker.ask("delete", { name, version }).then(() => say(this.root, version === null ? `${name} is deleted.` : `v${version} is deleted.`)),
    });
  }

  /** Which metrics the table shows. */
  metrics(button) {
    const { keys, columns } = this.model.get("_model"), shown = columns.map(([key]) => key);
    const items = keys.slice(0, 100).map((key) => ({ text: key, checked: shown.includes(key), deed: () => setView(this.model, { metrics: shown.includes(key) ? shown.filter((one) => one !== key) : [...shown, key] }) }));
    openMenu(this.root, button, items, "Metrics to show");
  }
}
