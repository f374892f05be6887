// The table of a model's versions, beside the one in production. Put after registry_parts.js.

/** Draws the table; `deeds` has choose(number), open(runId), menu(button, row), pick(button). */
class VersionTable {
  constructor(deeds) {
    this.deeds = deeds;
    this.node = el("div", { class: "tb-card tb-models-scroll" });
    this.foot = el("div");
    rove(this.node, ".tb-models-version");
  }

  draw(facts, chosen) {
    const formats = facts.columns.map((_, place) => columnFormat([...facts.versions.map((row) => readNumber(row.values[place])), readNumber(facts.production[place])]));
    const head = el("tr", {}, ["Version", "Aliases", "Stage"].map((text) => el("th", { scope: "col", class: `tb-models-c-${text.toLowerCase()}`, text })), el("th", { scope: "col", class: "tb-models-c-run", text: "Run" }),
      facts.columns.map(([key, which], place) => el("th", { scope: "col", class: `tb-right tb-models-c-metric${place ? "" : " tb-models-edge"}` }, el("span", { class: "tb-models-metric" }, el("span", { class: "tb-ellipsis", dir: "auto", title: key, text: key }), el("span", { class: "tb-tag", text: which })))),
      el("th", { scope: "col", class: "tb-models-edge tb-models-c-origin", text: "Origin" }), el("th", { scope: "col", class: "tb-models-c-made", text: "Created" }),
      el("th", { scope: "col", class: "tb-right tb-models-c-more" }, facts.keys.length ? el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", title: "Metrics to show", "aria-label": "Metrics to show", "data-focus": "metrics", on: { click: (event) => this.deeds.pick(event.currentTarget) } }, icon("columns")) : el("span", { class: "tb-sr", text: "More" })));
    const rows = facts.versions.map((row) => this.row(row, facts, formats, chosen));
    redraw(this.node, el("table", { class: "tb-table tb-models-table", "aria-label": `Versions of ${facts.name}, ${facts.versions.length}${facts.more ? " newest" : ""}` }, el("thead", {}, head), el("tbody", {}, rows)));
    redraw(this.foot, facts.more && facts.versions.length >= 500 ? el("p", { class: "tb-muted tb-small tb-models-none", text: "The newest 500 versions; search_model_versions finds the others." }) : facts.more ? el("button", { class: "tb-button tb-ghost tb-low", type: "button", "data-focus": "more", on: { click: () => this.deeds.more(facts.versions.length + 50) } }, "Show 50 more versions") : null);
  }

  row(row, facts, formats, chosen) {
    const here = row.number === chosen, inUse = row.number === facts.serving, stop = here ? 0 : -1;
    const named = [`v${row.number}`, row.stage === "None" ? "" : row.stage, ...row.aliases.map((alias) => `@${alias}`), here ? "shown below" : ""].filter(Boolean).join(", ");
    return el("tr", { class: here ? "tb-models-chosen" : null, on: { click: (event) => { if (!event.target.closest("button")) this.deeds.choose(row.number); } } },
      el("td", { class: "tb-models-c-version" }, el("button", { class: "tb-models-version tb-bold tb-num", type: "button", tabindex: stop, "aria-current": here ? "true" : null, "aria-label": named, "data-focus": `version ${row.number}`, on: { click: () => this.deeds.choose(row.number) } }, `v${row.number}`),
        row.status ? el("span", { class: "tb-chip tb-warn", text: row.status }) : null),
      el("td", { class: "tb-models-c-aliases" }, el("span", { class: "tb-models-chips" }, row.aliases.map(aliasChip))),
      el("td", { class: "tb-models-c-stage" }, row.stage === "None" && row.aliases.length ? el("span", { class: "tb-models-wide" }, stageChip(row.stage)) : stageChip(row.stage), row.aliases.length ? el("span", { class: "tb-models-narrow tb-models-chips" }, row.aliases.map(aliasChip)) : null),
      el("td", { class: "tb-models-c-run" }, this.run(row, stop)),
      row.values.map((value, place) => this.value(readNumber(value), place, facts, formats, inUse)),
      el("td", { class: "tb-models-edge tb-models-c-origin" }, this.origin(row)),
      el("td", { class: "tb-models-c-made" }, whenEl(row.made, row.by)),
      el("td", { class: "tb-right tb-models-c-more" }, el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", tabindex: stop, title: `More of v${row.number}`, "aria-label": `More of v${row.number}`, "aria-haspopup": "menu", "data-focus": `more ${row.number}`, on: { click: (event) => this.deeds.menu(event.currentTarget, row) } }, icon("dots"))));
  }

  run(row, stop) {
    if (!row.run) return el("span", { class: "tb-muted", text: "–" });
    if (!row.run.known) return el("span", { class: "tb-muted tb-ellipsis", title: `The run ${row.run.id} is in another store.`, text: row.run.id.slice(0, 8) });
    return linkButton(row.run.name, () => this.deeds.open(row.run), { tabindex: stop, "aria-label": `Open the run ${row.run.name}`, "data-focus": `run ${row.number}` });
  }

  value(value, place, facts, formats, inUse) {
    const [key, which] = facts.columns[place], format = formats[place];
    const beside = inUse ? null : standing(value, readNumber(facts.production[place]), which, format);
    const side = inUse ? el("span", { class: "tb-models-beside tb-muted", text: place ? "" : "in use" })
      : el("span", { class: "tb-models-beside tb-muted", title: beside ? `${beside.word} ${beside.distance}, of v${facts.serving} in production`.replace("same ,", "same,") : null }, beside ? [el("span", { class: beside.look || null, "aria-label": beside.word, role: "img", text: beside.sign }), beside.distance ? ` ${beside.distance}` : ""] : null);
    return el("td", { class: `tb-right tb-models-c-metric${place ? "" : " tb-models-edge"}`, "data-key": key }, el("span", { class: "tb-models-metric" }, side, numberEl(value, format)));
  }

  origin(row) {
    const origin = row.origin;
    const place = origin && origin.source ? el("span", { class: "tb-models-origin tb-muted", role: "img", title: origin.source, "aria-label": `${origin.notebook ? "notebook" : "script"} ${origin.source}` }, icon(origin.notebook ? "notebook" : "file")) : null;
    const dirty = origin && origin.dirty ? el("span", { class: "tb-chip tb-warn", title: `Changes that are not in the commit ${origin.commit.slice(0, 8)}` }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: "~" }), "uncommitted") : null;
    const commit = origin && origin.commit && !origin.dirty ? el("span", { class: "tb-code tb-muted tb-models-commit", title: origin.commit, text: origin.commit.slice(0, 7) }) : null;
    return el("span", { class: "tb-models-chips" }, place, commit, dirty, verdictChip(row.verdict));
  }
}
