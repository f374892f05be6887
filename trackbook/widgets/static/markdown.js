// Markdown as nodes: headings, paragraphs, lists, tables, quotes, code, links. Put after shared.js. No HTML is taken:
// what looks like it stays text. Pictures are not loaded, since they lie elsewhere.

const MD_DEPTH = 12;

/** A document as a list of nodes. */
function markdownNodes(text) {
  return mdBlocks(text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n"), 0);
}

function mdBlocks(lines, depth) {
  const nodes = [];
  if (depth > MD_DEPTH) return [el("p", { dir: "auto", text: lines.join("\n") })];
  for (let at = 0; at < lines.length;) {
    const found = mdBlock(lines, at, depth);
    if (found.node) nodes.push(found.node);
    at = Math.max(found.next, at + 1);
  }
  return nodes;
}

const MD_ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)(.*)$/;
const MD_RULE = /^ {0,3}([-*_])( *\1){2,} *$/;

function mdBlock(lines, at, depth) {
  const line = lines[at];
  if (!line.trim()) return { next: at + 1 };
  const fence = line.match(/^ {0,3}(`{3,}|~{3,})/);
  if (fence) return mdFence(lines, at, fence[1]);
  const heading = line.match(/^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/);
  if (heading) return { node: el(`h${heading[1].length}`, { dir: "auto" }, mdInline(heading[2], 0)), next: at + 1 };
  if (MD_RULE.test(line)) return { node: el("hr"), next: at + 1 };
  if (/^ {0,3}>/.test(line)) return mdQuote(lines, at, depth);
  if (MD_ITEM.test(line)) return mdList(lines, at, depth);
  if (line.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[at + 1] || "") && (lines[at + 1].includes("|") || line.trim().startsWith("|"))) return mdTable(lines, at);
  if (/^ {4}/.test(line)) return mdIndented(lines, at);
  return mdParagraph(lines, at);
}

function mdFence(lines, at, mark) {
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(mark) && !lines[end].trim().slice(mark.length).trim())) end += 1;
  return { node: el("pre", { class: "tb-code", tabindex: "0" }, el("code", { text: lines.slice(at + 1, end).join("\n") })), next: end + 1 };
}

function mdIndented(lines, at) {
  let end = at;
  while (end < lines.length && (/^ {4}/.test(lines[end]) || !lines[end].trim())) end += 1;
  return { node: el("pre", { class: "tb-code", tabindex: "0" }, el("code", { text: lines.slice(at, end).map((line) => line.slice(4)).join("\n").trimEnd() })), next: end };
}

function mdQuote(lines, at, depth) {
  let end = at;
  while (end < lines.length && (/^ {0,3}>/.test(lines[end]) || (end > at && lines[end].trim() && !MD_ITEM.test(lines[end])))) end += 1;
  return { node: el("blockquote", { dir: "auto" }, mdBlocks(lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, "")), depth + 1)), next: end };
}

function mdList(lines, at, depth) {
  const ordered = /\d/.test(lines[at].match(MD_ITEM)[2]), items = [];
  while (at < lines.length) {
    const item = lines[at].match(MD_ITEM);
    if (!item || /\d/.test(item[2]) !== ordered || MD_RULE.test(lines[at])) break;
    const indent = item[1].length + item[2].length + Math.max(1, Math.min(4, item[3].length));
    const inside = [item[4]];
    for (at += 1; at < lines.length; at += 1) {
      const blank = !lines[at].trim();
      if (blank && !(at + 1 < lines.length && lines[at + 1].startsWith("  "))) break;
      if (!blank && !lines[at].startsWith(" ".repeat(Math.min(indent, 2))) && (MD_ITEM.test(lines[at]) || !inside[inside.length - 1].trim() || /^ {0,3}(#|>|```|~~~)/.test(lines[at]))) break;
      inside.push(lines[at].startsWith(" ".repeat(indent)) ? lines[at].slice(indent) : lines[at].trimStart());
    }
    items.push(mdItem(inside, depth));
    while (at < lines.length && !lines[at].trim() && MD_ITEM.test(lines[at + 1] || "")) at += 1;
  }
  return { node: el(ordered ? "ol" : "ul", { dir: "auto" }, items), next: at };
}

function mdItem(lines, depth) {
  const task = lines[0].match(/^\[([ xX])\] (.*)$/);
  if (task) lines[0] = task[2];
  const nodes = mdBlocks(lines, depth + 1);
  if (nodes[0]?.tagName === "P") nodes.splice(0, 1, ...nodes[0].childNodes);
  return el("li", { dir: "auto" }, task ? el("input", { type: "checkbox", disabled: true, checked: task[1] !== " ", "aria-label": task[1] === " " ? "open" : "done" }) : null, nodes);
}

function mdTable(lines, at) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim());
  const sides = cells(lines[at + 1]).map((cell) => (cell.endsWith(":") && !cell.startsWith(":") ? "tb-right" : null));
  const row = (tag, line) => el("tr", {}, cells(line).slice(0, 200).map((cell, place) => el(tag, { class: sides[place], dir: "auto" }, mdInline(cell, 0))));
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|") && lines[end].trim()) end += 1;
  return { node: el("div", { class: "art-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, el("table", { class: "tb-table" }, el("thead", {}, row("th", lines[at])), el("tbody", {}, lines.slice(at + 2, end).map((line) => row("td", line))))), next: end };
}

function mdParagraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !/^ {0,3}(#{1,6}\s|>|`{3}|~{3})/.test(lines[end]) && !MD_ITEM.test(lines[end]) && !/^ {0,3}(=+|-+) *$/.test(lines[end])) end += 1;
  const under = (lines[end] || "").match(/^ {0,3}(=+|-{2,}) *$/);
  const inside = mdInline(lines.slice(at, end).map((line) => line.trimStart()).join("\n"), 0);
  return under ? { node: el(under[1].startsWith("=") ? "h1" : "h2", { dir: "auto" }, inside), next: end + 1 } : { node: el("p", { dir: "auto" }, inside), next: end };
}

// One alternative a kind of span: code, picture, link, address, strong, emphasis, struck out, escaped letter, break.
const MD_SPAN = /(`+)([^`][\s\S]*?)\1(?!`)|!\[([^\]\n]{0,500})\]\(([^)\s]{0,2000})[^)\n]{0,200}\)|\[([^\]\n]{1,500})\]\(<?([^)\s>]{0,2000})>?[^)\n]{0,200}\)|<?(https?:\/\/[^\s<>"')]{1,2000})>?|(\*\*|__)(?=\S)([\s\S]{1,2000}?\S)\8|([*_])(?=\S)([^*_\n]{1,2000}?\S|\S)\10(?![\p{L}\p{N}])|~~(?=\S)([\s\S]{1,2000}?)~~|\\([\\`*_{}[\]()#+.!|<>~-])|( {2,}|\\)\n/u;

/** Text with spans as nodes. */
function mdInline(text, depth) {
  const nodes = [];
  for (let rest = text; rest;) {
    const found = depth > MD_DEPTH ? null : rest.match(MD_SPAN);
    if (!found) { nodes.push(document.createTextNode(rest)); break; }
    const before = rest.slice(0, found.index);
    if (before) nodes.push(document.createTextNode(before));
    nodes.push(mdSpan(found, depth));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function mdSpan(found, depth) {
  const [whole, , code, alt, picture, label, target, address, , strong, , emphasis, struck, escaped, hard] = found;
  if (code !== undefined) return el("code", { class: "tb-code", text: code });
  if (alt !== undefined) return el("span", { class: "tb-muted", title: picture, text: `[image: ${alt || picture}]` });
  if (label !== undefined) return mdLink(target, mdInline(label, depth + 1), whole);
  if (address !== undefined) return mdLink(address, [document.createTextNode(address)], whole);
  if (strong !== undefined) return el("strong", {}, mdInline(strong, depth + 1));
  if (emphasis !== undefined) return el("em", {}, mdInline(emphasis, depth + 1));
  if (struck !== undefined) return el("s", {}, mdInline(struck, depth + 1));
  if (escaped !== undefined) return document.createTextNode(escaped);
  return hard !== undefined ? el("br") : document.createTextNode(whole);
}

/** A link out of the page, for http and mail alone; any other address stays text. */
function mdLink(target, content, whole) {
  if (!/^(https?:\/\/|mailto:)/i.test(target)) return el("span", { title: target }, content.length ? content : whole);
  return el("a", { class: "tb-link", href: target, target: "_blank", rel: "noopener noreferrer nofollow", title: target }, content);
}
