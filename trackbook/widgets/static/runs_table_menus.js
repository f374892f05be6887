// What floats over the runs table: the menu of a column, and the list of columns. They open in the browser's top layer,
// so that a short output cell does not cut them off.

/** Open a floating panel at a rectangle; it closes on Esc, on a press elsewhere, and by the function returned. */
function openFloat(view, rect, content, properties = {}) {
  view.closeFloat?.();
  const panel = el("div", { class: "rt-float tb-float", popover: "manual", tabindex: -1, ...properties }, content);
  view.root.append(panel);
  panel.showPopover?.();
  const left = Math.max(8, Math.min(rect.left, innerWidth - panel.offsetWidth - 8));
  const below = rect.bottom + 4, room = innerHeight - below - 8;
  const top = panel.offsetHeight <= room || room > rect.top ? below : Math.max(8, rect.top - 4 - panel.offsetHeight);
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
  panel.style.setProperty("max-height", `${Math.max(160, innerHeight - top - 8)}px`);
  const before = document.activeElement;
  const close = (event) => {
    if (event instanceof PointerEvent && event.composedPath().includes(panel)) return;
    document.removeEventListener("pointerdown", close, true);
    panel.remove();
    view.closeFloat = null;
    if (!(event instanceof PointerEvent)) before?.focus?.({ preventScroll: true });
  };
  document.addEventListener("pointerdown", close, true);
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") { event.preventDefault(); close(event); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); moveFocus(panel, event.key === "ArrowDown" ? 1 : -1); }
  });
  view.closeFloat = close;
  return panel;
}

function moveFocus(panel, step) {
  const items = [...panel.querySelectorAll("button, input")];
  const place = items.indexOf(document.activeElement);
  items[(place + step + items.length) % items.length]?.focus();
}

/** The menu of one column: what it shows, how it sorts, where it stands. */
function openColumnMenu(view, column, rect) {
  const done = (deed) => () => { view.closeFloat?.(); deed(); };
  const item = (text, deed, { checked = null, key = null } = {}) => el("button", {
    class: `rt-item${checked ? " rt-on" : ""}`, type: "button", role: checked === null ? "menuitem" : "menuitemradio", "aria-checked": checked === null ? null : String(checked), on: { click: done(deed) },
  }, el("span", { class: "tb-grow", text }), checked ? icon("check") : null, key ? el("kbd", { text: key }) : null);
  const parts = [];
  if (column.kind === "metric" && column.several) {
    parts.push(el("div", { class: "rt-heading", dir: "auto", text: `${column.title}, show as` }));
    for (const name of ["last", "min", "max"]) if (column.aggregates[name]) parts.push(item(name, () => view.show(column, name), { checked: column.shown === name }));
    parts.push(el("hr", {}));
  }
  parts.push(item("Sort ascending", () => view.sortBy(column, false, false), { key: "S" }), item("Sort descending", () => view.sortBy(column, true, false)));
  if (view.sorting.length) parts.push(item("Add to sort", () => view.sortBy(column, null, true)));
  if (view.sorting.some(({ id }) => id === column.id)) parts.push(item("Do not sort by it", () => view.unsort(column)));
  if (column.id !== "attributes.run_name") {
    parts.push(item(view.isPinned(column) ? "Unpin column" : "Pin column", () => view.pin(column), { key: "P" }), item("Hide column", () => view.hide(column, true), { key: "H" }));
  }
  openFloat(view, rect, parts, { role: "menu", "aria-label": column.title }).querySelector("button")?.focus();
}

/** The list of all columns: pick, pin, and choose last, min or max. */
function openColumnsList(view, rect) {
  const list = el("div", { class: "rt-list" });
  const search = el("input", { class: "tb-input rt-search", type: "search", placeholder: "Find column", "aria-label": "Find column", on: { input: () => fill() } });
  const fill = () => {
    const wanted = search.value.trim().toLowerCase(), top = list.scrollTop;
    list.replaceChildren();
    for (const group of Object.keys(GROUP_TITLES)) {
      const columns = view.choices().filter((column) => column.group === group && column.title.toLowerCase().includes(wanted));
      if (!columns.length) continue;
      const shown = columns.filter((column) => !view.isHidden(column)).length;
      list.append(el("div", { class: "rt-heading tb-row" }, el("span", { class: "tb-grow", text: `${GROUP_TITLES[group]} ${shown} of ${columns.length}` }),
        el("button", { class: "rt-text-button", type: "button", text: shown < columns.length ? "All" : "None", "aria-label": `${shown < columns.length ? "All" : "No"} ${GROUP_TITLES[group]}`, on: { click: () => { view.hideMany(columns, shown === columns.length); fill(); } } })));
      for (const column of columns.slice(0, 200)) list.append(choice(view, column, fill));
      if (columns.length > 200) list.append(el("div", { class: "tb-caption tb-muted rt-heading", text: `and ${columns.length - 200} more: type to find them` }));
    }
    if (!list.firstChild) list.append(el("div", { class: "tb-muted rt-heading", text: "No such column" }));
    list.scrollTop = top;
  };
  fill();
  openFloat(view, rect, [search, list], { role: "dialog", "aria-label": "Columns" });
  search.focus();
}

function choice(view, column, fill) {
  const hidden = view.isHidden(column), pinned = view.isPinned(column);
  const tick = el("input", { type: "checkbox", on: { change: () => { view.hide(column, !hidden); fill(); } } });
  tick.checked = !hidden;
  const aggregates = column.kind === "metric" && column.several ? Object.keys(column.aggregates).map((name) => el("button", {
    class: `tb-tag rt-aggregate${column.shown === name ? " rt-on" : ""}`, type: "button", "aria-pressed": String(column.shown === name), "aria-label": `${column.title} ${AGGREGATE_WORDS[name]}`, text: name,
    on: { click: () => { view.show(column, name); fill(); } },
  })) : [];
  return el("div", { class: "rt-choice" }, el("label", { class: "tb-row tb-grow" }, tick, textEl("span", column.title, "tb-ellipsis")), aggregates,
    el("button", { class: `rt-pin${pinned ? " rt-on" : ""}`, type: "button", "aria-pressed": String(pinned), "aria-label": `Pin ${column.title}`, on: { click: () => { view.pin(column); fill(); } } }, icon("pin")));
}
