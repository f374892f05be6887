// Notes: Markdown as elements. Every word is a text node, a link only leads to http, https or mailto.

const NOTE_INLINE = /(`+)([\s\S]+?)\1|\*\*([\s\S]+?)\*\*|__([\s\S]+?)__|\*([^\s*][\s\S]*?)\*|\b_([^\s_][\s\S]*?)_\b|~~([\s\S]+?)~~|\[([^\]]+)\]\(([^\s)]+)\)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])/;
const SAFE_LINK = /^(https?:|mailto:)/i, MOST_NESTING = 6;

/** Words with emphasis, code and links, as nodes. */
function noteInline(text, depth = 0) {
  const nodes = [];
  for (let rest = text; rest;) {
    const found = depth < MOST_NESTING ? NOTE_INLINE.exec(rest) : null;
    if (!found) { nodes.push(document.createTextNode(rest)); break; }
    if (found.index) nodes.push(document.createTextNode(rest.slice(0, found.index)));
    nodes.push(noteSpan(found, depth + 1));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function noteSpan([whole, , code, bold, bold2, italic, italic2, struck, label, target, bare], depth) {
  if (code !== undefined) return el("code", { class: "tb-code", text: code });
  if (bold ?? bold2) return el("b", {}, noteInline(bold ?? bold2, depth));
  if (italic ?? italic2) return el("i", {}, noteInline(italic ?? italic2, depth));
  if (struck !== undefined) return el("s", {}, noteInline(struck, depth));
  const address = target ?? bare;
  if (!SAFE_LINK.test(address)) return document.createTextNode(whole);
  return el("a", { class: "tb-link", href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, label ? noteInline(label, depth) : address);
}

/** Markdown as a node: headings, paragraphs, lists, quotes, code, rules and tables. */
function noteView(text) {
  const node = el("div", { class: "rt-note", dir: "auto" }), lines = String(text).slice(0, 100_000).replaceAll("\r\n", "\n").split("\n");
  for (let at = 0; at < lines.length;) at = noteBlock(node, lines, at);
  return node;
}

/** Add the block that begins at a line; the line after it. */
function noteBlock(node, lines, at) {
  const line = lines[at];
  const fence = /^\s*(```+|~~~+)/.exec(line);
  if (fence) {
    let end = at + 1;
    while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end += 1;
    node.append(el("pre", { class: "tb-code rt-notecode", text: lines.slice(at + 1, end).join("\n") }));
    return end + 1;
  }
  if (!line.trim()) return at + 1;
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
  if (heading) { node.append(el("div", { class: `rt-noteheading rt-level${Math.min(3, heading[1].length)}`, role: "heading", "aria-level": Math.min(6, heading[1].length + 2) }, noteInline(heading[2]))); return at + 1; }
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) { node.append(el("hr", { class: "tb-menu-line" })); return at + 1; }
  if (/^\s*>/.test(line)) return noteRun(lines, at, /^\s*>\s?/, (inner) => { const quote = noteView(inner.join("\n")); quote.classList.add("rt-quote"); node.append(quote); });
  if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) return noteList(node, lines, at);
  if (/^\s*\|/.test(line) && /^\s*\|?[\s:|-]+\|?\s*$/.test(lines[at + 1] || "") && (lines[at + 1] || "").includes("-")) return noteTable(node, lines, at);
  let end = at;
  while (end < lines.length && lines[end].trim() && !/^\s*(```|~~~|>|#{1,6}\s|[-*+]\s|\d+[.)]\s)/.test(end > at ? lines[end] : "")) end += 1;
  node.append(el("p", {}, noteInline(lines.slice(at, Math.max(end, at + 1)).join("\n"))));
  return Math.max(end, at + 1);
}

function noteRun(lines, at, mark, take) {
  const inner = [];
  while (at < lines.length && mark.test(lines[at])) inner.push(lines[at++].replace(mark, ""));
  take(inner);
  return at;
}

function noteList(node, lines, at) {
  const numbered = /^\s*\d/.test(lines[at]), mark = numbered ? /^\s*\d+[.)]\s+/ : /^\s*[-*+]\s+/;
  return noteRun(lines, at, mark, (items) => node.append(el(numbered ? "ol" : "ul", {}, items.map((item) => {
    const task = /^\[([ xX])\]\s+/.exec(item);
    return el("li", {}, task ? `${task[1] === " " ? "\u2610" : "\u2611"} ` : null, noteInline(task ? item.slice(task[0].length) : item));
  }))));
}

function noteTable(node, lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const head = cells(lines[at]);
  const table = el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, head.map((cell) => el("th", {}, noteInline(cell))))));
  const body = el("tbody");
  at += 2;
  while (at < lines.length && /^\s*\|/.test(lines[at])) body.append(el("tr", {}, cells(lines[at++]).slice(0, head.length).map((cell) => el("td", {}, noteInline(cell)))));
  table.append(body);
  node.append(table);
  return at;
}
