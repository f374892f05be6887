// The dialog of a promotion or a roll back: what changes, what speaks for it, and a comment. Put after floats.js.

/** Ask for the plan, show it, and carry it out with the comment. Returns the dialog. */
async function openPlan(root, asker, given, actor) {
  const { value: plan } = await asker.ask("plan", given);
  const back = given.deed === "roll back";
  const comment = el("textarea", { class: "tb-input", rows: 2, maxlength: 5000, "aria-label": "Comment, kept in the audit trail", dir: "auto", autofocus: true });
  const force = plan.objection ? el("input", { type: "checkbox", class: "tb-models-force" }) : null;
  const carry = () => {
    if (force && !force.checked) throw new Error("Tick that it shall be done in spite of the missing verdict, or evaluate the model first.");
    return asker.ask("carry out", { ...given, version: plan.version, seen: plan.seen, comment: comment.value, force: Boolean(force && force.checked) }).then(() => say(root, back ? `Rolled back to v${plan.version}.` : `v${plan.version} is in Production.`));
  };
  return openDialog(root, {
    title: plan.title, note: planNote(plan, back), wide: true, deedText: back ? `Roll back to v${plan.version}` : `Promote v${plan.version} to Production`, deed: async () => carry(),
    foot: el("span", { class: "tb-small tb-muted tb-ellipsis" }, "Signed as ", el("bdi", { text: actor })),
    body: [
      el("div", { class: "tb-card tb-models-scroll", tabindex: 0, role: "group", "aria-label": "Before and after" }, planTable(plan)),
      el("ul", { class: "tb-models-checks", "aria-label": "Checks" }, plan.checks.map(planCheck)),
      plan.objection ? el("label", { class: "tb-models-objection" }, force, el("span", { dir: "auto" }, `The model asks for a passed evaluation, and ${plan.objection} Do it in spite of that; the audit trail says so.`)) : null,
      el("label", { class: "tb-field" }, el("span", {}, "Comment ", el("span", { class: "tb-muted tb-models-light", text: "kept in the audit trail" })), comment),
    ],
  });
}

function planNote({ serving, version, moves }, back) {
  if (serving === null) return "Nothing is in production now.";
  const gone = moves.find(([what]) => what === `Stage of v${serving}`);
  if (back) return `v${serving} serves now. v${version} served before it.`;
  return gone ? `v${serving} serves now. It moves to ${gone[2]} and can be rolled back.` : `v${serving} serves now, and can be rolled back to.`;
}

function planTable(plan) {
  const { serving, version, moves, metrics, params, signature } = plan;
  const head = el("tr", {}, el("th", { scope: "col", text: "What changes" }), el("th", { scope: "col", text: serving === null ? "Now" : `Now, v${serving}` }), el("th", { class: "tb-models-to" }, el("span", { class: "tb-sr", text: "becomes" })), el("th", { scope: "col", text: `After, v${version}` }));
  const order = ([what]) => (what.startsWith("@") ? 0 : what === `Stage of v${version}` ? 1 : 2);
  const rows = [...moves].sort((a, b) => order(a) - order(b)).map(([what, before, after]) => planRow(what, textOf(before === "None" ? "no stage" : before), textOf(after === "None" ? "no stage" : after), true));
  for (const [key, which, before, after] of metrics) rows.push(planMetric(key, which, readNumber(before), readNumber(after)));
  if (params.same) rows.push(planRow("Params", "", el("span", { class: "tb-muted", text: "same" })));
  for (const [key, before, after] of params.rows) rows.push(planRow(key, textOf(before), textOf(after)));
  if (params.more) rows.push(planRow("Params", "", el("span", { class: "tb-muted", text: `${params.more} more differ` })));
  if (signature) rows.push(planRow("Signature", textOf(signature[0]), signature[0] === signature[1] ? "same" : textOf(signature[1])));
  return el("table", { class: "tb-table tb-models-plan", "aria-label": "What changes" }, el("thead", {}, head), el("tbody", {}, rows));
}

function planRow(what, before, after, moved = false) {
  return el("tr", {}, el("th", { scope: "row", class: "tb-ellipsis", dir: "auto", title: what, text: what }), el("td", {}, before), el("td", { class: "tb-models-to tb-muted", "aria-hidden": "true", text: "→" }), el("td", { class: moved ? "tb-models-moved tb-medium" : "tb-medium" }, after));
}

function textOf(text) {
  return text === null || text === "" ? el("span", { class: "tb-muted", text: "–" }) : el("span", { class: "tb-models-long", dir: "auto", title: text, text });
}

function planMetric(key, which, before, after) {
  const format = columnFormat([before, after].filter((value) => value !== null));
  const beside = standing(after, before, which, format);
  const told = beside ? el("span", { class: "tb-small tb-muted tb-models-told" }, el("span", { class: beside.look || null, "aria-hidden": "true", text: beside.sign }), ` ${beside.word}${beside.distance ? ` ${beside.distance}` : ""}`) : null;
  return planRow(`${key} ${which}`, numberEl(before, format), el("span", {}, numberEl(after, format), told ? " " : null, told));
}

function planCheck([state, asked, found]) {
  const [mark, look, word] = { ok: ["✓", "tb-models-up", "holds"], bad: ["✗", "tb-models-down", "does not hold"] }[state] || ["–", "tb-muted", "not known"];
  return el("li", { class: "tb-row" }, el("b", { class: `tb-models-check ${look}`, role: "img", "aria-label": word, text: mark }), el("span", { class: "tb-grow", dir: "auto", text: asked }), el("span", { class: "tb-muted tb-num tb-models-found", dir: "auto", text: found }));
}
