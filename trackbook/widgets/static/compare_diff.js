// Two texts line by line in a dialog: long params, tags, and what was not committed.

async function openDifference(panel, section, row, run) {
  const shown = el("div", { class: "cmp-diff tb-code", tabindex: 0, role: "region", "aria-label": "Lines that differ" }, el("p", { class: "tb-muted", text: "Reading \u2026" }));
  openDialog(panel.root, { title: `${section.name === "code" ? "Uncommitted changes" : row.k}: ${run.name} against ${panel.base.name}`, body: [shown], wide: true });
  try {
    const { value } = await panel.asker.ask("difference", { section: section.name, key: row.k, a: panel.base.id, b: run.id });
    shown.replaceChildren(...differenceLines(value));
  } catch (error) {
    shown.replaceChildren(el("p", { text: error.message }));
  }
}

const LINE_LOOKS = { "-": ["cmp-line-gone", "only in the baseline: "], "+": ["cmp-line-new", "only in this run: "], "@": ["cmp-line-skip", ""], " ": ["", ""] };

function differenceLines(found) {
  if (found.empty[0] && found.empty[1]) return [el("p", { class: "tb-muted", text: "Neither run has any text here." })];
  if (found.same) return [el("p", { class: "tb-muted", text: "The two texts are the same." })];
  const lines = found.lines.map(([sign, text]) => el("div", { class: `cmp-line ${LINE_LOOKS[sign][0]}` },
    el("span", { class: "cmp-line-sign", "aria-hidden": "true", text: sign === "-" ? MINUS : sign }), el("span", { class: "tb-sr", text: LINE_LOOKS[sign][1] }), el("span", { dir: "auto", class: "cmp-line-text", text })));
  return [...lines, found.note ? el("p", { class: "tb-muted", text: found.note }) : ""];
}
