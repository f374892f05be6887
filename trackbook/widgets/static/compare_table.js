// Runs side by side: a row a metric, param, tag or package, a column a run, and what differs from the baseline marked.

const ROWS_AT_ONCE = 300, LONG_TEXT = 28;

class CompareTable {
  constructor(panel) {
    this.panel = panel;
    this.room = new Map();
    this.words = "";
    this.node = el("div", { class: "cmp-scroll", tabindex: 0, role: "region", "aria-label": "Runs side by side" });
  }

  /** The sections with the rows that are to be shown. */
  sections() {
    const { differs } = this.panel, words = this.words.toLowerCase();
    return this.panel.sections.map((one) => ({
      ...one,
      shown: one.rows.filter((row) => (!differs || rowDiffers(row)) && (!words || row.k.toLowerCase().includes(words))),
      different: Math.max(one.differing ?? 0, one.rows.filter(rowDiffers).length),
    }));
  }

  draw() {
    const { runs } = this.panel, sections = this.sections();
    const widths = el("colgroup", {}, el("col", { class: "cmp-first" }), runs.map(() => el("col")));
    const table = el("table", { class: "cmp-table", style: { "--runs": runs.length } }, widths, this.head(), sections.filter((one) => one.shown.length || one.note).map((one) => this.body(one)));
    table.append(el("caption", { class: "tb-sr", text: `${runs.length} runs side by side; the baseline is ${this.panel.base?.name || "none"}` }));
    const top = this.node.scrollTop, left = this.node.scrollLeft;
    const nothing = sections.every((one) => !one.shown.length);
    this.node.replaceChildren(table, nothing ? el("p", { class: "cmp-note tb-muted", text: this.words ? "No row has this in its name." : runs.length < 2 ? "One run alone differs from nothing. Select another, or show all rows." : "Nothing differs between these runs." }) : "");
    this.node.scrollTo(left, top);
  }

  head() {
    const { runs, base, panel = this.panel } = this.panel;
    return el("thead", {}, el("tr", {}, el("td", { class: "cmp-corner" }), runs.map((run) => {
      const isBase = run === base;
      const below = isBase ? el("span", { class: "cmp-base", text: "baseline" }) : runAge(run);
      const trouble = ["FINISHED"].includes(run.status) ? null : statusMark(run.status, 14);
      return el("th", { scope: "col" }, el("button", {
        class: "cmp-run", type: "button", "aria-pressed": String(isBase), title: isBase ? run.name : `${run.name}: make it the baseline`,
        "aria-label": `${run.name}, ${runMarkWord(run.slot)}${isBase ? ", baseline" : ", make it the baseline"}`, on: { click: () => panel.choose({ baseline: run.id }) },
      }, runMark(run.slot), el("span", { class: "tb-ellipsis cmp-name", dir: "auto", text: run.name }), trouble), el("div", { class: "cmp-below tb-caption tb-muted" }, below));
    })));
  }

  body(section) {
    const most = this.room.get(section.name) || ROWS_AT_ONCE, rows = section.shown.slice(0, most), span = this.panel.runs.length + 1;
    const left = section.shown.length - rows.length, unsent = section.total - section.rows.length;
    const count = section.total === undefined ? "" : `${section.different} of ${groupDigits(String(section.total))} ${section.name === "metrics" || section.name === "params" ? "differ" : "differ"}`;
    const legend = section.name === "metrics" ? el("span", { class: "cmp-legend tb-muted" }, el("span", { class: "cmp-up", text: "\u25b2" }), " better ", el("span", { class: "cmp-down", text: "\u25bc" }), " worse than the baseline") : null;
    const title = el("tr", { class: "cmp-section" }, el("th", { colspan: span, scope: "rowgroup" }, el("span", { class: "cmp-title" }, section.title, " ", el("span", { class: "tb-muted cmp-count", text: count }), legend)));
    const more = left > 0 ? el("tr", {}, el("td", { colspan: span }, el("button", { class: "tb-button tb-low", type: "button", on: { click: () => { this.room.set(section.name, most + ROWS_AT_ONCE); this.draw(); } } }, `Show ${Math.min(ROWS_AT_ONCE, left)} more of ${groupDigits(String(left))}`))) : null;
    const notes = [section.note, unsent > 0 ? `${groupDigits(String(unsent))} further rows are not sent to the page.` : ""].filter(Boolean).join(" ");
    return el("tbody", {}, title, rows.map((row) => (row.n ? this.numbers(row) : this.texts(section, row))), more, notes ? el("tr", {}, el("td", { class: "tb-muted cmp-note-row", colspan: span, text: notes })) : null);
  }

  numbers(row) {
    const { runs, base } = this.panel, name = this.panel.aggregate(row), values = numbersOf(row, name);
    const format = columnFormat(values.filter((value) => value !== null)), best = bestOf(values, row.goal), baseValue = values[runs.indexOf(base)];
    const names = Object.keys(row.n).length > 1 ? ["last", "min", "max"] : ["last"];
    const tag = names.length > 1
      ? el("button", { class: "tb-tag cmp-tag", type: "button", title: "Last, least or greatest value", "aria-label": `${row.k}: shows ${name}; choose another`, on: { click: (event) => this.pickAggregate(event.currentTarget, row, name) } }, name)
      : el("span", { class: "tb-tag", text: name });
    return el("tr", {}, el("th", { scope: "row", class: "cmp-key" }, textEl("span", row.k, "tb-ellipsis"), tag), values.map((value, place) => {
      const isBest = best !== null && value === best;
      const number = numberEl(value, format, `tb-num ${isBest ? "cmp-best" : ""}`);
      if (isBest) number.append(el("span", { class: "tb-sr", text: ", best" }));
      return el("td", { class: runs[place] === base ? "cmp-is-base" : null }, el("div", { class: "cmp-cell" }, runs[place] === base ? null : deltaOf(baseValue, value, row.goal, format), number));
    }));
  }

  pickAggregate(anchor, row, chosen) {
    const items = ["last", "min", "max"].map((name) => ({ text: name, checked: name === chosen, deed: () => this.panel.choose({ aggregates: { ...this.panel.view.aggregates, [row.k]: name } }) }));
    openMenu(this.panel.root, anchor, items, `What of ${row.k} is shown`);
  }

  texts(section, row) {
    const { runs, base } = this.panel, baseCode = row.c[runs.indexOf(base)];
    return el("tr", {}, el("th", { scope: "row", class: "cmp-key" }, textEl("span", row.k, "tb-ellipsis")), row.c.map((code, place) => {
      const differs = code !== baseCode, text = code < 0 ? "\u2013" : row.t[code];
      const long = Boolean(row.long) || (text.length > LONG_TEXT && baseCode >= 0) || (section.name === "code" && /change/.test(row.k + text));
      const sign = !differs ? null : long && ["params", "tags", "code"].includes(section.name)
        ? el("button", { class: "cmp-sign cmp-sign-button", type: "button", title: "Show the difference from the baseline", "aria-label": `${row.k}: show how ${runs[place].name} differs from the baseline`, on: { click: () => openDifference(this.panel, section, row, runs[place]) } }, "\u2260")
        : el("span", { class: "cmp-sign", title: "differs from the baseline", text: "\u2260" });
      const className = [differs ? "cmp-differs" : runs[place] === base ? "cmp-is-base" : "cmp-same"].join(" ");
      return el("td", { class: className }, el("div", { class: "cmp-cell" }, sign, differs ? el("span", { class: "tb-sr", text: "differs: " }) : null, code < 0 ? el("span", { class: "tb-muted", text }) : textEl("span", text, "tb-ellipsis cmp-text")));
    }));
  }
}

/** Whether two runs have different values in a row. */
function rowDiffers(row) {
  const values = row.n ? row.n.last : row.c;
  return values.some((value) => value !== values[0]) || Object.values(row.n || {}).some((each) => each.some((value) => value !== each[0]));
}

/** The numbers of a row; NaN and the infinities travel as text. */
function numbersOf(row, name) {
  return (row.n[name] || row.n.last).map((value) => (value === null ? null : Number(value)));
}

function bestOf(values, goal) {
  const finite = values.filter((value) => value !== null && Number.isFinite(value));
  if (!goal || new Set(finite).size < 2) return null;
  return goal === "min" ? Math.min(...finite) : Math.max(...finite);
}

/** The mark of better or worse, with the unsigned distance between the two values as they are shown. */
function deltaOf(base, value, goal, format) {
  if (base === null || base === undefined || value === null || Object.is(base, value)) return null;
  const shown = (number) => (Number.isFinite(number) ? Number(format(number).replaceAll(THIN, "").replaceAll(MINUS, "-")) : number);
  const distance = Math.abs(shown(value) - shown(base));
  if (distance === 0) return null;
  const strange = !Number.isFinite(distance);
  if (strange && Number.isNaN(base)) return null;
  const worse = Number.isNaN(value) || (goal === "min") === value > base;
  const [sign, look, word] = !goal ? ["\u2260", "cmp-other", "differs by"] : worse ? ["\u25bc", "cmp-down", "worse by"] : ["\u25b2", "cmp-up", "better by"];
  return el("span", { class: "cmp-delta tb-num", title: `${word} ${strange ? "an infinite distance" : format(distance)} than the baseline`.replace("differs by", "differs by") }, el("span", { class: look, "aria-hidden": "true", text: sign }), el("span", { class: "tb-sr", text: `${word} ` }), strange ? "" : ` ${format(distance)}`);
}

/** "4 h ago · 13 s", "running", "failed, 2 h ago". */
function runAge(run) {
  const took = run.start !== null && run.end !== null ? formatDuration(run.end - run.start) : "";
  const word = run.status === "FINISHED" ? "" : `${(STATUS_WORDS[run.status] || run.status).toLowerCase()}, `;
  const text = `${word}${formatAge(run.start)}${took ? ` \u00b7 ${took}` : ""}`;
  return el("span", { class: "tb-ellipsis", title: `${formatMoment(run.start)}, ${took || "not ended"}`, text });
}

/** The rows as they are shown, as a table in Markdown. */
function compareMarkdown(panel) {
  const plain = (text) => String(text).replace(/[\\|]/g, "\\$&").replace(/\s+/g, " ").trim();
  const line = (cells) => `| ${cells.map(plain).join(" | ")} |`;
  const lines = [line(["", ...panel.runs.map((run) => run.name + (run === panel.base ? " (baseline)" : ""))]), `|---|${panel.runs.map(() => "---:").join("|")}|`];
  for (const section of panel.table.sections()) {
    if (section.shown.length) lines.push(line([`**${section.title}**`, ...panel.runs.map(() => "")]));
    for (const row of section.shown) {
      if (row.n) {
        const name = panel.aggregate(row), values = numbersOf(row, name), format = columnFormat(values.filter((value) => value !== null)), best = bestOf(values, row.goal);
        lines.push(line([`${row.k} (${name})`, ...values.map((value) => (best !== null && value === best ? `**${format(value)}**` : format(value)))]).replaceAll("\\*", "*"));
      } else lines.push(line([row.k, ...row.c.map((code) => (code < 0 ? "\u2013" : row.t[code]))]));
    }
  }
  return `${lines.join("\n")}\n`;
}
