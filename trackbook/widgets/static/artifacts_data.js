// Text with line numbers, JSON as a tree, tables by pages, bytes of what is none of these.

/** Text: lines with numbers, and "Read more" where the file goes on. `ask(wishes)` asks for another piece. */
function textView(shown, ask) {
  const numbers = el("pre", { class: "art-numbers tb-code", "aria-hidden": "true" });
  const body = el("pre", { class: `art-text${shown.code ? " tb-code" : ""}`, dir: shown.code ? null : "auto", tabindex: "0", "aria-label": shown.name });
  const foot = el("div", { class: "art-bar art-foot-bar" });
  let lines = 0;
  const add = (piece) => {
    const text = piece.next === null && piece.text.endsWith("\n") ? piece.text.slice(0, -1) : piece.text;
    const count = text.split("\n").length - (piece.next === null || !text.endsWith("\n") ? 0 : 1);
    body.append(text);
    if (shown.code) numbers.append(`${lines ? "\n" : ""}${Array.from({ length: count }, (_, place) => lines + place + 1).join("\n")}`);
    lines += count;
    const cut = piece.cut ? `; ${piece.cut} long lines are cut` : "";
    foot.replaceChildren(el("span", { class: "tb-small tb-muted", text: `${piece.encoding}${piece.left ? `, ${formatSize(piece.left)} more` : ""}${cut}` }),
      piece.next === null ? null : el("button", { class: "tb-button tb-low", type: "button", on: { click: async (event) => {
        const button = event.currentTarget;
        button.disabled = true;
        const more = await ask({ start: piece.next, raw: true, first: true, whole: Boolean(shown.whole_asked) });
        if (more && more.value.kind === "text") add(more.value);
        else button.disabled = false;
      } } }, "Read more"));
    for (const child of [...foot.childNodes]) if (child.nodeType === 3) child.remove();
  };
  add(shown);
  return [noteLine(shown, ask), el("div", { class: "art-lines" }, shown.code ? numbers : null, body), foot];
}

/** The sentence above a preview, with "Read all" where that is possible. */
function noteLine(shown, ask) {
  if (!shown.note) return null;
  return el("div", { class: "art-bar art-note-bar" }, el("span", { class: "tb-small tb-grow", dir: "auto", text: shown.note }),
    shown.whole && ask ? el("button", { class: "tb-button tb-low", type: "button", on: { click: () => ask({ whole: true, again: true }) } }, `Read all ${formatSize(shown.size)}`) : null);
}

/** The first bytes of a file that is no text. */
function bytesView(shown, buffer) {
  const bytes = bytesOf(buffer), lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("")}`);
  }
  return [el("p", { class: "art-note", text: "No preview for this kind of file. Its first bytes:" }), el("pre", { class: "art-text tb-code", tabindex: "0", "aria-label": "First bytes", text: lines.join("\n") })];
}

// ---- JSON ----

const JSON_CLASSES = { s: "art-json-text", n: "art-json-number", k: "art-json-word" };

/** A value as the kernel has sent it; parts are made when they are opened. */
function jsonView(shown) {
  const root = el("div", { class: "art-json tb-code", tabindex: "0", role: "group", "aria-label": shown.name }, jsonNode(null, shown.tree, 0));
  return [root, shown.left ? el("p", { class: "art-note", text: `${groupDigits(String(shown.left))} values are not shown. “Text” shows all.` }) : null];
}

function jsonNode(key, node, depth) {
  const label = key === null ? null : el("span", { class: "art-json-key", dir: "auto", text: `${key}: ` });
  if (node[0] !== "{" && node[0] !== "[") return el("div", { class: "art-json-leaf" }, label, el("span", { class: JSON_CLASSES[node[0]], dir: "auto", text: node[0] === "s" ? `"${node[1]}"` : node[1] }));
  const [kind, children, size] = node, what = kind === "{" ? ["{", "}"] : ["[", "]"];
  if (!size) return el("div", { class: "art-json-leaf" }, label, what.join(""));
  const details = el("details", {}, el("summary", {}, label, el("span", { class: "tb-muted", text: `${what[0]} ${groupDigits(String(size))} ${kind === "{" ? (size === 1 ? "key" : "keys") : (size === 1 ? "item" : "items")} ${what[1]}` })));
  const fill = () => {
    if (details.childElementCount > 1) return;
    const rows = kind === "{" ? children.map(([name, child]) => jsonNode(name, child, depth + 1)) : children.map((child, place) => jsonNode(String(place), child, depth + 1));
    if (size > children.length) rows.push(el("div", { class: "art-json-leaf tb-muted", text: `${groupDigits(String(size - children.length))} more` }));
    details.append(el("div", { class: "art-json-inside" }, rows));
  };
  details.addEventListener("toggle", fill);
  if (depth < 1 || (depth < 2 && size <= 12)) { details.open = true; fill(); }
  return details;
}

// ---- tables ----

/** A page of a table; `ask({start})` asks for another. */
function tableView(shown, ask) {
  const holder = el("div", { class: "art-table" });
  const draw = (page) => holder.replaceChildren(...tablePage(page, async (start) => {
    const found = await ask({ start, first: true });
    if (found) draw(found.value);
  }).filter(Boolean));
  draw(shown);
  return [holder];
}

function tablePage(page, go) {
  if (page.kind !== "table") return [troubleText(page)];
  const head = page.columns.map((name, place) => el("th", { scope: "col", class: page.numeric[place] ? "tb-right" : null, dir: "auto", title: page.types?.[place] || name, text: name }));
  const cell = (value, place) => el("td", { class: page.numeric[place] ? "tb-right" : null, dir: "auto", title: value ?? "" }, value === null ? el("span", { class: "tb-muted", text: "\u2013" }) : value === "NaN" && page.numeric[place] ? el("span", { class: "tb-nan", text: value }) : value);
  const rows = page.rows.map((row, place) => el("tr", {}, el("th", { scope: "row", class: "tb-right art-row-number", text: groupDigits(String(page.start + place + 1)) }), row.map(cell)));
  const end = page.start + page.rows.length, total = page.total;
  const said = page.rows.length ? `Rows ${groupDigits(String(page.start + 1))}–${groupDigits(String(end))}${total === null ? "" : ` of ${groupDigits(String(total))}`}` : "No rows";
  const turn = (text, start, on) => el("button", { class: "tb-button tb-low", type: "button", disabled: !on, on: { click: (event) => { event.currentTarget.disabled = true; go(start); } } }, text);
  return [
    page.note ? el("p", { class: "art-note", text: page.note }) : null,
    el("div", { class: "art-scroll art-table-scroll", tabindex: "0", role: "group", "aria-label": `Table ${page.name}` }, el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "tb-right art-row-number" }, el("span", { class: "tb-sr", text: "Row" })), head)), el("tbody", {}, rows))),
    el("div", { class: "art-bar art-foot-bar" }, el("span", { class: "tb-small tb-muted tb-num", role: "status", text: said + (page.hidden ? `; ${page.hidden} more columns are not shown` : "") }), el("span", { class: "tb-grow" }),
      turn("Previous", Math.max(0, page.start - 100), page.start > 0), turn("Next", end, total === null || end < total)),
  ];
}

/** What a preview that failed says, in a line. */
function troubleText(shown) {
  return el("p", { class: "art-note", dir: "auto", text: shown.text || "It cannot be shown." });
}
