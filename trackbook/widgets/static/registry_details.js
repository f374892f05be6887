// One version: its lineage, and what it is, what it takes and how it is loaded. Put after registry_parts.js.

/** Draws both; `deeds` has open(run), go(name, version), describe(version), tags(version), check(version). */
class VersionDetails {
  constructor(root, deeds) {
    this.root = root;
    this.deeds = deeds;
    this.lineage = el("div");
    this.about = el("div");
    this.checked = null;
  }

  draw(name, details, allowed) {
    if (!details.number) { redraw(this.lineage); redraw(this.about); return; }
    if (this.checked && this.checked.of !== `${name}/${details.number}`) this.checked = null;
    redraw(this.lineage, section(`Lineage of v${details.number}`, this.chain(name, details), this.others(details.lineage)));
    redraw(this.about, section(`About v${details.number}`, el("div", { class: "tb-card tb-models-about" }, this.facts(name, details, allowed), this.loading(details), this.signature(details))));
  }

  chain(name, details) {
    const { data, origin, run, link, metric, model, aliases, stage } = details.lineage;
    const nodes = [];
    if (data.length) nodes.push(this.card("table", data[0].name, [data[0].size || `digest ${data[0].digest.slice(0, 8)}`, data.length > 1 ? `and ${data.length - 1} more` : data[0].context].filter(Boolean).join(", "), { title: data.map((one) => `${one.name} ${one.digest} ${one.context}`).join("\n") }));
    if (origin && origin.source) nodes.push(this.card(origin.notebook ? "notebook" : "file", origin.source.split(/[/\\]/).pop(), origin.commit ? `${origin.commit.slice(0, 7)}${origin.dirty ? ", changed" : ""}` : "not in a repository", { title: origin.source }));
    if (run) nodes.push(this.card("curves", run.name, run.known ? (metric ? `${metric[0]} ${columnFormat([readNumber(metric[1])])(readNumber(metric[1]))}` : "run") : "run in another store", run.known ? { click: () => this.deeds.open(run), label: `Open the run ${run.name}` } : { title: link || run.id }));
    if (model.id) nodes.push(this.card("file", model.name || "logged model", model.type || model.id.slice(0, 10), { title: `models:/${model.id}` }));
    nodes.push(this.card("cube", `${name} v${details.number}`, [formatSize(details.size), ...details.flavors.slice(0, 1).map(([flavor]) => flavor)].join(", "), { here: true }));
    nodes.push(this.card("bolt", aliases.length ? aliases.map((alias) => `@${alias}`).join(", ") : stage === "None" ? "serves nowhere" : stage, aliases.length && stage !== "None" ? stage : aliases.length ? "alias" : stage === "None" ? "no alias, no stage" : "stage"));
    return el("ol", { class: "tb-models-chain" }, nodes.map((node, place) => el("li", { class: "tb-models-step" }, place ? svgEl("svg", { class: "tb-models-arrow", width: 26, height: 12, viewBox: "0 0 26 12", "aria-hidden": "true" }, svgEl("path", { d: "M2 6h20M18 2l4 4-4 4", fill: "none", stroke: "currentColor", "stroke-width": 1.4 })) : null, node)));
  }

  card(sign, title, note, { click = null, label = null, here = false, title: hover = null } = {}) {
    const inside = [el("span", { class: "tb-row" }, icon(sign), el("span", { class: `tb-ellipsis tb-medium${click ? " tb-link" : ""}`, dir: "auto", text: title })), el("span", { class: "tb-caption tb-muted tb-ellipsis tb-models-block", dir: "auto", text: note })];
    const look = `tb-card tb-models-node${here ? " tb-models-here" : ""}`;
    return click ? el("button", { class: look, type: "button", title: hover || title, "aria-label": label, "data-focus": `node ${label}`, on: { click } }, inside) : el("div", { class: look, title: hover || title }, inside);
  }

  others({ siblings, judged }) {
    const words = [];
    const link = ({ name, version }) => linkButton(`${name} v${version}`, () => this.deeds.go(name, version), { "data-focus": `sibling ${name} ${version}` });
    for (const [same, text] of [["model", "The same logged model is also"], ["run", "The same run also made"]]) {
      const found = siblings.filter((one) => one.same === same);
      if (found.length) words.push(el("span", { class: "tb-models-others" }, text, found.map(link)));
    }
    if (judged) words.push(el("span", { class: "tb-models-others" }, "Evaluation", verdictChip(judged.verdict), judged.run ? ["by", linkButton(judged.name, () => this.deeds.open({ id: judged.run, name: judged.name }), { "data-focus": "judged" })] : null));
    return words.length ? el("div", { class: "tb-models-related tb-small" }, words) : null;
  }

  facts(name, details, allowed) {
    const edit = (what, click) => (allowed ? el("button", { class: "tb-button tb-ghost tb-low", type: "button", "data-focus": `edit ${what}`, "aria-label": `Edit ${what} of v${details.number}`, on: { click } }, "Edit") : null);
    return el("dl", { class: "tb-models-facts" },
      this.fact("Description", [details.description ? el("div", { class: "tb-models-text", tabindex: 0, role: "group", "aria-label": `Description of v${details.number}`, dir: "auto", text: details.description }) : el("span", { class: "tb-muted", text: "none" }), edit("description", () => this.deeds.describe(details))]),
      this.fact("Tags", [el("span", { class: "tb-models-chips" }, details.tags.length ? details.tags.map(([key, value]) => el("span", { class: "tb-chip tb-param", title: `${key}: ${value}` }, el("span", { class: "tb-ellipsis", dir: "auto", text: `${key}: ${value}` }))) : el("span", { class: "tb-muted", text: "none" })), edit("tags", () => this.deeds.tags(details))]),
      details.status ? this.fact("Status", el("span", { dir: "auto", text: details.status })) : null,
      this.fact("Registered", whenEl(details.made, details.by)),
      this.fact("Flavors", details.trouble ? el("span", { class: "tb-models-warn", dir: "auto", text: details.trouble }) : el("span", { dir: "auto", text: details.flavors.map(([flavor, version]) => (version ? `${flavor} ${version}` : flavor)).join(", ") || "none" })),
      this.fact("Files", this.files(name, details)));
  }

  fact(term, content) {
    return el("div", { class: "tb-models-fact" }, el("dt", { class: "tb-muted", text: term }), el("dd", {}, content));
  }

  files(name, details) {
    const { count, size, files } = details;
    const state = this.checked ? this.state() : el("button", { class: "tb-button tb-low", type: "button", "data-focus": "check", on: { click: () => this.deeds.check(details) } }, "Check files");
    const list = el("details", { class: "tb-models-files" }, el("summary", { "data-focus": "files", text: `${count} ${count === 1 ? "file" : "files"}, ${formatSize(size)}` }),
      el("table", { class: "tb-table", "aria-label": `Files of ${name} v${details.number}` }, el("tbody", {}, files.map(([path, bytes, digest]) => el("tr", {}, el("td", { class: "tb-code", dir: "auto", title: path, text: path }), el("td", { class: "tb-right", text: formatSize(bytes) }), el("td", { class: "tb-code tb-muted", title: `SHA-256 ${digest}`, text: digest.slice(0, 12) })))),
        count > files.length ? el("caption", { class: "tb-muted tb-caption", text: `The first ${files.length} of ${count}.` }) : null));
    list.open = this.filesOpen === true;
    list.addEventListener("toggle", () => { this.filesOpen = list.open; });
    return [list, state];
  }

  state() {
    const { files, faults } = this.checked;
    if (!faults.length) return el("span", { class: "tb-chip tb-ok" }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: "✓" }), `${files} as registered`);
    return el("div", { class: "tb-models-faults", role: "alert" }, faults.map((fault) => el("p", { dir: "auto", text: fault })));
  }

  loading(details) {
    return codeBlock(this.root, details.load, "how to load it");
  }

  signature({ signature, number }) {
    if (!signature) return null;
    const table = (title, rows) => (rows ? el("table", { class: "tb-table", "aria-label": title }, el("thead", {}, el("tr", {}, el("th", { scope: "col", text: title }), el("th", { scope: "col", text: "Type" }))), el("tbody", {}, rows.map(([column, kind, needed], place) => el("tr", {}, el("td", { class: "tb-code", dir: "auto", text: column || `${place}` }), el("td", { class: "tb-muted", dir: "auto", text: needed ? kind : `${kind}, optional` }))))) : null);
    const list = el("details", { class: "tb-models-signature" }, el("summary", { "data-focus": "signature" }, "Signature ", el("span", { class: "tb-muted", dir: "auto", text: signature.words })),
      el("div", { class: "tb-models-two", tabindex: 0, role: "group", "aria-label": `Signature of v${number}` }, table("Takes", signature.inputs), table("Gives", signature.outputs)), signature.params ? el("p", { class: "tb-code tb-muted", dir: "auto", text: signature.params }) : null);
    list.open = this.signatureOpen === true;
    list.addEventListener("toggle", () => { this.signatureOpen = list.open; });
    return list;
  }
}
