// Cells of the table of statistics. Put after shared.js.

const ST_TESTS = { auto: "Paired where seeds match, else Welch's t", welch: "Welch's t", paired: "Paired t", permutation: "Permutation test" };
const ST_SAID = { welch: "Welch's t", paired: "Paired t", permutation: "Permutation test" };

/** A header or a title that opens a menu. */
function pickButton(text, label, open, className = "") {
  const button = el("button", { class: `st-pick ${className}`, type: "button", "aria-haspopup": "menu", "aria-label": label, title: label },
    el("span", { class: "tb-ellipsis", dir: "auto", text }), icon("down"));
  button.addEventListener("click", () => open(button));
  return button;
}

/** A group's mean, interval and single values on the common scale, in per cent of the cell's width. */
function intervalPicture(row, found) {
  const [low, high] = found.span;
  const at = (value) => `${(2 + ((value / 2 - low / 2) / (high / 2 - low / 2)) * 96).toFixed(2)}%`;
  const base = found.baseline === null ? null : found.rows[found.baseline];
  const color = { better: "var(--ok)", worse: "var(--err)" }[row.tone] || "var(--ink)";
  const line = (x1, y1, x2, y2, more = {}) => svgEl("line", { x1, y1, x2, y2, style: { stroke: color, "stroke-width": 1.6 }, ...more });
  const said = row.interval ? `mean ${row.mean}, from ${row.interval.map(fullNumber).join(" to ")}` : `mean ${row.mean}, no interval`;
  const picture = svgEl("svg", { class: "st-interval", width: "100%", height: 28, role: "img", "aria-label": said }, svgEl("title", { text: said }));
  if (base && base.at !== null) picture.append(svgEl("line", { x1: at(base.at), x2: at(base.at), y1: 0, y2: 28, style: { stroke: "var(--line2)", "stroke-dasharray": "3 3" } }));
  row.values.forEach((value, place) => picture.append(svgEl("circle", { cx: at(value), cy: 11 + (place % 3) * 3, r: 2, style: { fill: "var(--ink2)", opacity: .55 } })));
  if (row.interval) {
    const [from, to] = row.interval.map(at);
    picture.append(line(from, 14, to, 14), line(from, 10, from, 18), line(to, 10, to, 18));
  }
  if (row.at !== null) picture.append(svgEl("rect", { x: at(row.at), y: 11, width: 6, height: 6, transform: "translate(-3 0)", style: { fill: color } }));
  return picture;
}

/** What the test says, with its mark. */
function verdictChip(verdict) {
  if (verdict === "better") return el("span", { class: "tb-chip tb-ok st-better" }, el("i", { "aria-hidden": "true", text: "▲" }), verdict);
  if (verdict === "worse") return el("span", { class: "tb-chip tb-err st-worse" }, el("i", { "aria-hidden": "true", text: "▼" }), verdict);
  if (!verdict || verdict === "baseline") return null;
  return el("span", { class: "tb-chip tb-outline", text: verdict });
}

/** One group. */
function statisticsRow(row, found, tested) {
  const full = (name) => row.full[name] ?? null;
  const isBase = row.verdict === "baseline";
  const sd = row.sd === "–" ? null : el("span", { class: "tb-muted st-sd", text: ` ± ${row.sd}`, title: full("sd") });
  const left = row.leftOut ? ` (${row.leftOut} left out)` : "";
  const effect = full("d") === null ? null : `d = ${Number(full("d")).toFixed(2)}, g = ${Number(full("g")).toFixed(2)}`;
  return el("tr", { class: isBase ? "st-base" : null },
    el("th", { scope: "row" }, textEl("span", row.name, "st-name tb-ellipsis tb-medium")),
    el("td", { class: "tb-right tb-muted", text: row.n, title: `${row.n} runs${left}` }),
    el("td", { class: "tb-right" }, el("span", { class: row.best ? "st-best" : null, title: full("mean") && `${full("mean")}${row.best ? ", best" : ""}`, text: row.mean }), sd),
    el("td", { class: "tb-right st-median", title: full("median"), text: row.median }),
    el("td", { class: "st-cell" }, row.at === null ? el("span", { class: "tb-muted", text: "–" }) : intervalPicture(row, found)),
    tested ? [
      el("td", { class: `tb-right${isBase ? " tb-muted" : ""}`, title: effect, text: isBase ? "baseline" : row.difference }),
      el("td", { class: "tb-right st-p", title: full("p") && `${full("p")} before Holm's correction`, text: row.p }),
      el("td", {}, verdictChip(row.verdict)),
    ] : null);
}
