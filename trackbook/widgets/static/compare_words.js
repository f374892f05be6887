// Small parts of the compare panel that its charts share: the picker of a column, and a chart as a table.

const PICKED_AT_ONCE = 60, TABLE_ROWS = 200;

/** A float with a box to type in and the columns below it; `choose` gets the id, or "" for none. */
function pickColumn(panel, anchor, { label, chosen, choose, none = false, only = () => true }) {
  const all = (panel.around?.all || []).filter(only);
  const box = el("input", { class: "tb-input cmp-pick-box", type: "text", "aria-label": `Find a column for ${label}`, placeholder: "Find a column", spellcheck: "false" });
  const list = el("div", { class: "cmp-pick-list" });
  const float = openAt(panel.root, anchor, [box, list], { role: "dialog", "aria-label": label });
  const entry = (id, text, group) => el("button", { class: "tb-menu-item", type: "button", "aria-pressed": String(id === chosen), on: { click: () => { float.close(); choose(id); } } },
    el("span", { class: "tb-grow tb-ellipsis", dir: "auto", text }), el("span", { class: "tb-muted tb-caption", text: group }), id === chosen ? icon("check") : null);
  const draw = () => {
    const words = box.value.toLowerCase(), found = all.filter((id) => id.toLowerCase().includes(words));
    const entries = found.slice(0, PICKED_AT_ONCE).map((id) => { const [group, ...rest] = id.split("."); return entry(id, rest.join("."), group.replace(/s$/, "")); });
    const left = found.length - entries.length;
    list.replaceChildren(...(none && !words ? [entry("", "none", "")] : []), ...entries, left > 0 ? el("p", { class: "tb-muted tb-caption cmp-pick-more", text: `${left} more: type a part of the name` }) : "", found.length ? "" : el("p", { class: "tb-muted cmp-pick-more", text: "No column has this in its name." }));
  };
  box.addEventListener("input", draw);
  float.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const stops = [box, ...list.querySelectorAll("button")], place = stops.indexOf(document.activeElement);
    stops[(place + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
  });
  draw();
  box.focus();
}

/** A button that says what a chart shows on one of its axes, and lets one choose. */
function columnButton(panel, label, key, settings = {}) {
  const id = panel.chosen[key] || "", name = id ? id.slice(id.indexOf(".") + 1) : "none";
  return el("button", {
    class: "tb-button cmp-pick", type: "button", "aria-haspopup": "dialog", "data-key": key, title: `${label}: ${name}`,
    on: { click: (event) => pickColumn(panel, event.currentTarget, { label, chosen: id, choose: (found) => panel.choose({ [key]: found }), ...settings }) },
  }, el("span", { class: "tb-muted", text: label }), el("span", { class: "tb-ellipsis", dir: "auto", text: name }), icon("down"));
}

/** What a chart shows as a table: its columns, the runs compared first, then the best. */
function chartTable(panel, axes, rows, caption) {
  const { around } = panel, ordered = [...rows].sort((a, b) => (panel.slotOf(a) ?? 99) - (panel.slotOf(b) ?? 99));
  const shown = ordered.slice(0, TABLE_ROWS);
  const head = el("tr", {}, el("th", { scope: "col", text: "run" }), axes.map((axis) => el("th", { scope: "col", class: "tb-right", dir: "auto", text: axisTitle(axis) })));
  const body = shown.map((row) => el("tr", {}, el("th", { scope: "row", class: "cmp-key" }, el("span", { class: "tb-row" }, runMark(panel.slotOf(row)), textEl("span", around.names[row], "tb-ellipsis"))), axes.map((axis) => el("td", { class: "tb-right", dir: "auto", text: valueText(axis, axis.values[row]) }))));
  const more = rows.length > shown.length ? ` The first ${shown.length} of ${rows.length} runs.` : "";
  return el("div", { class: "cmp-as-table", tabindex: 0, role: "region", "aria-label": caption }, el("table", { class: "tb-table" }, el("caption", { class: "tb-sr", text: `${caption}.${more}` }), el("thead", {}, head), el("tbody", {}, body)), more ? el("p", { class: "tb-muted cmp-note", text: more.trim() }) : null);
}

/** The button that changes a chart to its table and back. */
function tableToggle(pressed, change, what) {
  return el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", "aria-pressed": String(pressed), title: "Show as table", "aria-label": `Show ${what} as table`, on: { click: change } }, icon("table"));
}

/** What of the runs a chart cannot show, as a sentence; "" if it shows all. */
function leftOutText(axes, around, shown) {
  const left = around.count - shown;
  if (left <= 0) return "";
  const lacking = axes.filter((axis) => axis.missing + axis.strange > 0), strange = lacking.some((axis) => axis.strange > 0);
  return `${groupDigits(String(left))} of ${groupDigits(String(around.count))} runs ${left === 1 ? "has" : "have"} no ${lacking.map((axis) => axis.label).join(" or no ")}${strange ? ", or one that is NaN or infinite" : ""}, and ${left === 1 ? "is" : "are"} not shown.`;
}
