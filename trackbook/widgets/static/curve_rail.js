// The runs of the charts beside them, with their best values. Put after curve_lines.js.

class CurveRail {
  constructor(panel) {
    this.panel = panel;
    this.node = el("aside", { class: "tb-side", "aria-label": "Runs shown" });
    this.rows = new Map();
  }

  /** Rows stay where they are while values change, so that nothing moves under the pointer. */
  draw() {
    const { state, view } = this.panel;
    const [first] = this.panel.keys();
    const chart = state.charts.find((one) => one.key === first);
    const which = chart && chart.goal ? chart.goal : "last";
    const values = new Map((first ? state.of(first) : []).map((one) => [one.facts.run, one.facts[which]]));
    const { runs } = state.head;
    const format = columnFormat([...values.values()]);
    const signature = JSON.stringify([runs.map((run) => [run.id, run.name, run.slot, run.status, run.grey]), first, which, [...view.hidden]]);
    if (signature !== this.signature) this.rebuild(runs, first, which, values);
    this.signature = signature;
    const best = bestOf((first ? state.of(first) : []).filter((one) => !(runs[one.facts.run] || {}).grey), chart ? chart.goal : null);
    for (const [place, { row, value }] of this.rows) {
      const number = values.has(place) ? values.get(place) : null;
      setText(value, first ? format(number) : "");
      value.title = fullNumber(number);
      value.classList.toggle("tb-nan", Number.isNaN(number));
      value.classList.toggle("tb-bold", Boolean(best) && best.run === place && runs.length > 1);
      row.classList.toggle("tb-side-best", Boolean(best) && best.run === place && runs.length > 1);
    }
  }

  rebuild(runs, first, which, values) {
    const { activeElement } = document;
    const focused = this.node.contains(activeElement) ? activeElement.getAttribute("data-place") : null;
    this.rows.clear();
    const places = runs.map((_, place) => place);
    const shown = places.filter((place) => !runs[place].grey);
    const sign = which === "max" ? -1 : 1;
    const rank = (place) => { const value = values.get(place); return Number.isFinite(value) ? sign * value : Infinity; };
    const grey = places.filter((place) => runs[place].grey).sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
    const caption = (text, aside) => el("div", { class: "tb-row tb-caption tb-muted tb-side-head" }, text, el("span", { class: "tb-grow" }), aside ? textEl("span", aside, "tb-ellipsis") : null);
    const parts = [caption("Runs shown", first ? `${first} ${which}` : null), ...shown.map((place) => this.row(runs[place], place))];
    if (grey.length) parts.push(caption("In grey", String(grey.length)), ...grey.map((place) => this.row(runs[place], place)));
    this.node.replaceChildren(...parts);
    if (focused !== null) this.node.querySelector(`[data-place="${focused}"]`)?.focus();
  }

  row(run, place) {
    const { panel } = this;
    const hidden = panel.view.hidden.has(run.id);
    const value = el("span", { class: "tb-num tb-small tb-side-value" });
    const point = (on) => { if (!run.grey && !hidden) panel.point(on ? place : null); };
    const row = el("button", {
      class: `tb-side-run${run.grey ? " tb-muted tb-side-grey" : ""}${hidden ? " tb-side-hidden" : ""}`, type: "button", "data-place": String(place), "aria-pressed": String(!hidden), title: `${run.name}\nClick ${hidden ? "shows" : "hides"} its curves.`,
      "aria-label": `${run.name}, ${run.grey ? "in grey" : runMarkWord(run.slot)}, ${hidden ? "hidden" : "shown"}`,
      on: { click: () => panel.hide(run.id, !hidden), pointerenter: () => point(true), pointerleave: () => point(false), focus: () => point(true), blur: () => point(false) },
    }, runSwatch(run.grey ? null : run.slot), el("span", { class: `tb-ellipsis tb-grow${run.grey ? " tb-small" : " tb-medium"}`, dir: "auto", text: run.name }),
    run.status === "FINISHED" ? null : statusMark(run.status, 12), value);
    this.rows.set(place, { row, value });
    return row;
  }
}
