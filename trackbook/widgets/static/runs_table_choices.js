// Lists from which one thing is chosen: what to group by, what to sort by, whose curves to show.

const MOST_CHOICES = 200;

/** A list with a box to find things in. `items` are {id, title, hint, checked}. */
function openChoices(view, anchor, { label, items, choose, above = null, placeholder = "Find column" }) {
  const list = el("div", { class: "rt-list" });
  const search = el("input", { class: "tb-input rt-search", type: "search", placeholder, "aria-label": placeholder, on: { input: () => fill() } });
  const fill = () => {
    const wanted = search.value.trim().toLowerCase(), fits = items().filter(({ title }) => title.toLowerCase().includes(wanted));
    list.replaceChildren();
    fits.slice(0, MOST_CHOICES).forEach((item, place) => {
      if (item.heading && item.heading !== fits[place - 1]?.heading) list.append(el("div", { class: "rt-heading", text: item.heading }));
      list.append(el("button", { class: `rt-item${item.checked ? " rt-on" : ""}`, type: "button", "aria-pressed": String(Boolean(item.checked)), on: { click: () => { panel.close(); choose(item.id); } } },
        textEl("span", item.title, "tb-grow tb-ellipsis"), item.hint ? el("span", { class: "tb-caption tb-muted tb-ellipsis rt-optionhint", text: item.hint }) : null, item.checked ? icon("check") : null));
    });
    if (!fits.length) list.append(el("div", { class: "tb-muted rt-heading", text: "Nothing of that name" }));
    if (fits.length > MOST_CHOICES) list.append(el("div", { class: "tb-caption tb-muted rt-heading", text: `and ${fits.length - MOST_CHOICES} more: type to find them` }));
  };
  fill();
  const panel = openItems(view, anchor, [above, search, list].filter(Boolean), { role: "dialog", "aria-label": label });
  search.focus();
  return panel;
}

/** Columns that make groups: texts with fewer values than there are runs. */
function openGroupChoice(view, anchor) {
  const fits = (column) => column.kind === "text" && !["run_name", "run_id"].includes(column.key) && !/^(mlflow\.(note|runName|source\.name)|trackbook\.(context|git))/.test(column.key);
  const columns = view.table.columns.filter((column) => fits(column) && (column.texts.length < Math.max(2, view.table.rows) || column.id === view.group));
  const items = () => [
    ...(view.group ? [{ id: null, title: "Do not group", heading: "" }] : []),
    ...["params", "tags", "attributes"].flatMap((group) => columns.filter((column) => column.group === group).map((column) => ({ id: column.id, title: column.title, hint: columnHint(column), heading: GROUP_TITLES[group], checked: view.group === column.id }))),
  ];
  openChoices(view, anchor, { label: "Group by", items, choose: (id) => view.groupBy(id), placeholder: "Find param or tag" });
}

/** The present order, each clause with its direction, and all columns to add. */
function openSortChoice(view, anchor) {
  const clause = ({ id, descending }, place) => {
    const column = view.columnBy(id);
    return el("div", { class: "rt-choice" }, el("span", { class: "tb-caption tb-muted tb-num", text: String(place + 1) }), textEl("span", column?.title || id, "tb-grow tb-ellipsis"),
      el("button", { class: "rt-pin rt-on", type: "button", "aria-label": `${column?.title || id} ${descending ? "descending, turn round" : "ascending, turn round"}`, text: descending ? "\u25bc" : "\u25b2", on: { click: () => { panel.close(); if (column) view.sortBy(column, !descending, true); openSortChoice(view, anchor); } } }),
      el("button", { class: "rt-pin", type: "button", "aria-label": `Do not sort by ${column?.title || id}`, on: { click: () => { panel.close(); view.unsort({ id }); openSortChoice(view, anchor); } } }, icon("close")));
  };
  const above = view.sorting.length ? el("div", { class: "rt-clauses" }, view.sorting.map(clause)) : null;
  const name = view.table.byId.get("attributes.run_name"), status = view.table.byId.get("attributes.status");
  const items = () => [name, status, ...view.choices()].filter((column) => column && column.kind !== "curve" && !view.sorting.some(({ id }) => id === column.id))
    .map((column) => ({ id: column.id, title: column.title, hint: column.shown && column.several ? column.shown : "", heading: GROUP_TITLES[column.group] }));
  const panel = openChoices(view, anchor, { label: "Sort", items, above, choose: (id) => view.sortBy(view.columnBy(id), null, true), placeholder: "Add a column" });
}

/** Whose curves stand in the table. */
function openCurveChoice(view, anchor) {
  const shown = view.curveMetric();
  const items = () => view.table.columns.filter(({ kind }) => kind === "metric").map((column) => ({ id: column.key, title: column.key, hint: columnHint(column), checked: column === shown }));
  openChoices(view, anchor, { label: "Curves of", items, choose: (key) => view.chooseCurve(key), placeholder: "Find metric" });
}
