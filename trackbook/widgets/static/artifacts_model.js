// The folder of a model, and any other folder.

function folderView(context, run, shown) {
  const files = shown.files === 1 ? "1 file" : `${groupDigits(String(shown.files))}${shown.more ? " or more" : ""} files`;
  const bar = el("div", { class: "art-folder" }, icon("folder"), el("span", { class: "tb-grow", text: shown.files ? `${files}, ${formatSize(shown.size)}` : "No files here." }),
    shown.files ? el("button", { class: "tb-button tb-low", type: "button", on: { click: () => downloadZip(context, shown.path, run) } }, icon("download"), "Download as zip") : null);
  return shown.kind === "model" ? [...modelView(context, shown), bar] : [bar];
}

function modelView(context, shown) {
  const fact = (label, ...content) => el("div", { class: "art-fact" }, el("span", { class: "tb-caption tb-muted", text: label }), el("div", { class: "tb-row art-wrap" }, ...content));
  const flavors = shown.flavors.map((one) => el("span", { class: "tb-chip", dir: "auto", title: one.version ? `${one.name} ${one.version}` : one.name, text: one.name }));
  const trust = el("span", { class: `tb-chip ${shown.trust.trusted ? "tb-ok" : "tb-warn"}` }, icon(shown.trust.trusted ? "check" : "eye"), shown.trust.trusted ? "Trusted" : "Not trusted");
  const facts = el("div", { class: "art-facts" }, fact("Flavors", ...flavors), fact("Trust", trust, el("span", { class: "tb-small tb-muted", text: shown.trust.text })),
    shown.created ? fact("Created", el("span", { class: "tb-num", dir: "auto", text: shown.created })) : null, shown.id ? fact("Id", el("code", { class: "tb-code art-break", text: shown.id })) : null);
  const copy = el("button", { class: "tb-button tb-low", type: "button", on: { click: async () => context.say((await copyText(shown.code)) ? "Copied the code that loads the model." : "The browser did not let it be copied.") } }, icon("copy"), "Copy");
  return [facts, signatureTable(shown), el("h4", { class: "art-heading" }, "How to load it"), el("div", { class: "art-code" }, el("pre", { class: "tb-code", tabindex: "0", "aria-label": "How to load it", text: shown.code }), copy)];
}

function signatureTable(shown) {
  if (!shown.columns.length) return el("p", { class: "art-note", text: "It has no signature: what it takes and gives was not recorded." });
  const rows = shown.columns.map((column) => el("tr", {}, el("td", { class: "tb-muted", text: column.part }), el("td", {}, textEl("span", column.name)), el("td", {}, el("code", { class: "tb-code", text: column.type + (column.shape ? ` ${column.shape}` : "") })),
    el("td", { class: "tb-muted", text: column.default ? `default ${column.default}` : column.required ? "" : "optional" })));
  const heads = ["Part", "Name", "Type", "Note"].map((text) => el("th", { scope: "col", text }));
  return el("div", {}, el("h4", { class: "art-heading" }, "Signature"), el("div", { class: "art-scroll art-signature", tabindex: "0", role: "group", "aria-label": "Signature" }, el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows))),
    shown.columns_left ? el("p", { class: "art-note", text: `${shown.columns_left} more columns.` }) : null);
}
