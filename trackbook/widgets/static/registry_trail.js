// The audit trail: who changed what, and whether its chain is whole. Put after registry_parts.js.

/** Draws it; `deeds` has verify(), whole(all). */
class TrailTable {
  constructor(deeds) {
    this.deeds = deeds;
    this.node = el("div");
  }

  draw(trail, chain) {
    if (!trail.rows) { redraw(this.node); return; }
    const { count, rows, whole } = trail;
    const title = el("div", { class: "tb-row tb-models-caption" }, el("h3", { class: "tb-models-h", text: "Audit trail" }), this.chain(chain), el("span", { class: "tb-grow" }),
      count > 4 ? el("button", { class: "tb-button tb-low", type: "button", "data-focus": "all", "aria-pressed": String(whole), on: { click: () => this.deeds.whole(!whole) } }, whole ? "Newest 4" : `All ${count}`) : null);
    const head = ["When", "Who", "What", "Before", "After", "Comment"].map((text) => el("th", { scope: "col", class: `tb-models-t-${text.toLowerCase()}`, text }));
    const body = rows.map((row) => el("tr", {}, whenEl(row.time, "", "td"), el("td", { class: "tb-ellipsis", dir: "auto", title: row.who, text: row.who }), el("td", { class: "tb-medium tb-ellipsis", dir: "auto", title: row.what, text: row.what }),
      el("td", { class: "tb-muted tb-ellipsis", dir: "auto", title: row.before, text: row.before || "–" }), el("td", { class: "tb-ellipsis", dir: "auto", title: row.after, text: row.after || "–" }), el("td", { class: "tb-muted tb-models-comment", title: row.comment }, el("div", { class: "tb-models-clamp", dir: "auto", text: row.comment || "–" }))));
    redraw(this.node, section(title, el("div", { class: `tb-card tb-models-scroll${whole ? " tb-models-tall" : ""}`, tabindex: 0, role: "group", "aria-label": whole ? "All entries" : "Newest entries" }, el("table", { class: "tb-table tb-models-trail", "aria-label": `Audit trail, ${rows.length} of ${count} entries` }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body))),
      whole && rows.length < count ? el("p", { class: "tb-muted tb-small", text: `The newest ${rows.length}; trackbook models audit shows all ${count}.` }) : null,
      chain.faults && chain.faults.length ? el("div", { class: "tb-models-faults", role: "alert" }, chain.faults.map((fault) => el("p", { dir: "auto", text: fault }))) : null));
  }

  chain(chain) {
    if (chain.entries === undefined) return el("button", { class: "tb-button tb-ghost tb-low", type: "button", "data-focus": "verify", title: "Walk along the whole trail and compare every hash", on: { click: () => this.deeds.verify() } }, icon("link"), "Verify the chain");
    return el("span", { class: `tb-chip ${chain.whole ? "tb-ok" : "tb-err"}`, role: "status", title: "The trail of the whole registry, of all its models" }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: chain.whole ? "✓" : "✗" }), chain.whole ? `chain of ${chain.entries} ${chain.entries === 1 ? "entry" : "entries"} verified` : "chain is broken");
  }
}
