// What stands where the runs table has nothing to show.

/** The empty state: what is so, then code that makes the first run. */
function emptyState(about, back = null) {
  const curve = svgEl("svg", { class: "rt-curve", viewBox: "0 0 440 72", "aria-hidden": "true" },
    svgEl("path", { d: "M0 71.5H440", style: { stroke: "var(--line2)" } }),
    svgEl("path", { d: "M0 10C40 58 90 60 150 62S300 66 440 66", fill: "none", "stroke-width": 2, "stroke-dasharray": "5 5", style: { stroke: "var(--line2)" } }),
    svgEl("circle", { cx: 4.5, cy: 11, r: 4.5, style: { fill: "var(--accent)" } }));
  const copy = el("button", { class: "tb-button rt-copy", type: "button", on: { click: () => copyCode(about.code, copy) } }, icon("code"), el("span", { text: "Copy" }));
  if (about.deleted) return el("div", { class: "rt-empty" }, el("div", { class: "tb-panel-title", text: "No deleted runs" }), el("div", { class: "tb-muted rt-hint", text: "Deleted runs wait here until they are restored or purged." }), back);
  const title = about.title ? `No runs in ${about.title} yet` : "No runs yet";
  return el("div", { class: "rt-empty" }, curve,
    el("div", { class: "tb-panel-title", dir: "auto", text: title }),
    el("div", { class: "tb-muted rt-hint", text: "Put this in a cell and run it. The run appears here while it trains." }),
    el("div", { class: "rt-code tb-code" }, codeLines(about.code), copy),
    about.store ? el("div", { class: "tb-caption tb-muted rt-store tb-ellipsis", title: about.store, dir: "ltr", text: `Looked in ${about.store}` }) : null);
}

/** Python with its words coloured; every piece is a text node. */
function codeLines(code) {
  const pre = el("pre", { class: "rt-pre" });
  for (const [, word, magic, quoted, number, rest] of code.matchAll(/\b(import)\b|(^%\w+)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(\b\d+(?:\.\d+)?\b)|([\s\S])/gm)) {
    const look = word ? "rt-keyword" : magic ? "rt-magic" : quoted ? "rt-string" : number ? "rt-number" : null;
    pre.append(look ? el("span", { class: look, text: word || magic || quoted || number }) : document.createTextNode(rest));
  }
  return pre;
}


/** Copy, and say so on the button for a moment. */
async function copyCode(text, button) {
  const label = button.querySelector("span");
  label.textContent = (await copyText(text)) ? "Copied" : "Not copied";
  setTimeout(() => { label.textContent = "Copy"; }, 1500);
}
