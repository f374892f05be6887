// The list of registered models at the left, with the box that finds one. Put after registry_parts.js.

const FIND_MS = 200;

/** Draws the list into its place; `choose(name)` is called with a model. */
class ModelList {
  constructor(model, choose) {
    this.model = model;
    this.choose = choose;
    this.count = el("span", { class: "tb-num" });
    this.box = el("input", { class: "tb-input tb-models-find", type: "search", placeholder: "Find a model", "aria-label": "Find a model by its name", value: model.get("view").find || "", on: { input: () => this.find() } });
    this.rows = el("div", { class: "tb-models-rows", role: "group", "aria-label": "Registered models" });
    this.more = el("div");
    this.node = el("aside", { class: "tb-models-list" }, el("div", { class: "tb-models-head tb-small tb-muted" }, el("span", { class: "tb-grow", text: "Registered models" }), this.count), this.box, this.rows, this.more);
    rove(this.rows, ".tb-models-row");
  }

  find() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => setView(this.model, { find: this.box.value, models: 100 }), FIND_MS);
  }

  draw(chosen) {
    const { rows = [], more = false, find = "" } = this.model.get("_models");
    this.count.textContent = more ? `${rows.length}+` : String(rows.length);
    this.box.hidden = rows.length < 8 && !more && !find && !this.box.value;
    redraw(this.rows, rows.length ? rows.map((row, place) => this.row(row, chosen, place)) : el("p", { class: "tb-muted tb-models-none", text: find ? `No model with “${find}” in its name.` : "None yet." }));
    redraw(this.more, more ? el("button", { class: "tb-button tb-ghost tb-low", type: "button", "data-focus": "more", on: { click: () => setView(this.model, { models: rows.length + 100 }) } }, "Show 100 more") : null);
  }

  row(row, chosen, place) {
    const here = row.name === chosen, stop = here || (place === 0 && !this.model.get("_models").rows.some(({ name }) => name === chosen));
    const version = row.newest === null ? "no version" : `v${row.newest}`;
    return el("button", {
      class: "tb-models-row", type: "button", "aria-current": here ? "true" : null, tabindex: stop ? 0 : -1, "data-focus": `model ${row.name}`, title: row.name,
      "aria-label": `${row.name}, ${version}, ${row.serves || "nothing in production"}`, on: { click: () => this.choose(row.name) },
    }, el("span", { class: "tb-row" }, icon("cube"), el("span", { class: "tb-grow tb-ellipsis tb-medium", dir: "auto", text: row.name }), el("span", { class: "tb-muted tb-small tb-num", text: version })),
      el("span", { class: "tb-muted tb-caption tb-models-serves tb-ellipsis", dir: "auto", text: row.serves || "nothing in production" }));
  }

  remove() {
    clearTimeout(this.timer);
  }
}
