// Parts of the page's frame: logo, experiments, empty state, and children made by other widgets. Put after shared.js.

function logo() {
  return svgEl("svg", { width: 20, height: 20, viewBox: "0 0 20 20", "aria-hidden": "true" },
    svgEl("rect", { width: 20, height: 20, rx: 5, style: { fill: "var(--primary)" } }),
    svgEl("path", { d: "M4.5 13.5c2.5 0 2.5-7 5.5-7s3 4 5.5 4", fill: "none", stroke: "#fff", "stroke-width": 1.8, "stroke-linecap": "round" }),
    svgEl("circle", { cx: 15.5, cy: 10.5, r: 1.7, fill: "#fff" }));
}

/** The page's own view of another widget, exchanged when the trait names another one. */
class Slot {
  constructor(model, trait, host) {
    this.model = model;
    this.trait = trait;
    this.host = host;
    this.turn = 0;
    this.changed = () => this.fill();
    model.on(`change:${trait}`, this.changed);
    this.fill();
  }

  async fill() {
    const turn = ++this.turn;
    const name = this.model.get(this.trait);
    if (typeof name !== "string") { this.show(null); return; }
    const manager = this.model.widget_manager;
    try {
      const child = await manager.get_model(name.slice("IPY_MODEL_".length));
      const view = await manager.create_view(child);
      if (turn === this.turn) this.show(view);
      else view.remove();
    } catch (error) {
      if (turn === this.turn) console.warn("Trackbook: a panel has gone", this.trait);
    }
  }

  show(view) {
    const before = this.view;
    this.view = view;
    if (view) this.host.replaceChildren(view.el);
    else this.host.replaceChildren();
    if (before) before.remove();
  }

  remove() {
    this.turn += 1;
    this.model.off(`change:${this.trait}`, this.changed);
    this.show(null);
  }
}

/** One experiment of the rail. */
function experimentRow(experiment, chosen, choose) {
  const row = el("button", { class: "tb-exp", type: "button", role: "option", "aria-selected": String(chosen), tabindex: chosen ? "0" : "-1", "data-id": experiment.id, on: { click: () => choose(experiment.id) } },
    icon("flask"), textEl("span", experiment.name, "tb-ellipsis tb-exp-name"),
    experiment.running ? statusMark("RUNNING", 12) : null,
    el("span", { class: "tb-small tb-muted tb-num tb-exp-count", text: groupDigits(String(experiment.total)) }));
  row.setAttribute("aria-label", `${experiment.name}, ${experiment.total} runs${experiment.running ? `, ${experiment.running} running` : ""}`);
  return row;
}

/** One saved view of the rail. */
function viewRow(view, shown, { open, menu }) {
  const more = el("button", { class: "tb-button tb-ghost tb-low tb-square tb-view-more", type: "button", "aria-label": `More for the view ${view.name}`, title: "More", on: { click: () => menu(view, more) } }, icon("dots"));
  return el("div", { class: "tb-view", "data-shown": String(shown) },
    el("button", { class: "tb-exp tb-view-open", type: "button", "aria-current": shown ? "true" : null, title: `${view.name}\nsaved by ${view.user}, ${formatAge(view.time)}`, on: { click: () => open(view.name) } },
      icon("eye"), el("span", { class: "tb-ellipsis tb-exp-name", dir: "auto", text: view.name })), more);
}

/** The dotted curve and the words of a page that has nothing to show yet. */
function emptyState({ title, text, code }) {
  const curve = svgEl("svg", { class: "tb-empty-curve", viewBox: "0 0 470 70", "aria-hidden": "true" },
    svgEl("path", { d: "M4 6C70 56 150 56 466 60", fill: "none", style: { stroke: "var(--line2)" }, "stroke-width": 2, "stroke-dasharray": "5 5" }),
    svgEl("path", { d: "M0 66H470", style: { stroke: "var(--line2)" } }),
    svgEl("circle", { cx: 4, cy: 6, r: 4.5, style: { fill: "var(--accent)" } }));
  const parts = [curve, el("h2", { class: "tb-panel-title", dir: "auto", text: title }), textEl("p", text, "tb-muted tb-empty-text")];
  if (code) {
    const copy = el("button", { class: "tb-button tb-copy", type: "button", on: { click: () => copyFrom(code, copy) } }, icon("code"), "Copy");
    parts.push(el("div", { class: "tb-empty-code" }, el("pre", { class: "tb-code", tabindex: "0", "aria-label": "Code for a cell", text: code }), copy));
  }
  return el("div", { class: "tb-empty-state" }, ...parts);
}

/** Copy, and say so in the button for a moment; where the browser forbids it, mark the text so that Ctrl-C does. */
async function copyFrom(text, button) {
  const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE);
  if (await copyText(text)) {
    if (!words) return;
    const before = words.data;
    words.data = "Copied";
    setTimeout(() => { words.data = before; }, 1500);
  } else {
    const shown = button.parentNode.querySelector("pre, code");
    if (shown) getSelection().selectAllChildren(shown);
  }
}
