// Suggestions under the filter box: names of metrics, params and tags while one is typed, and values of params and tags.

const MOST_SUGGESTIONS = 8;

/** What can stand where the caret is, as [{insert, from, group, before, match, after, hint}]; nothing for plain words. */
function suggestionsFor(view, text, caret) {
  const start = text.slice(0, caret);
  const value = /(?:^|[\s(])((params?|tags?)\.(?:`([^`]+)`|([\w./-]+))\s*!?=\s*)(['"]?)([^'"]*)$/i.exec(start);
  if (value) return suggestValues(view, value, caret);
  const name = /(?:^|[\s(])((metrics?|params?|tags?)\.)`?([\w./-]*)$/i.exec(start);
  if (name) return suggestNames(view, name, caret);
  const word = /(?:^|\b(?:and|or|not)\s+|\()([a-z]+)$/i.exec(start);
  const compared = /[<>=]|\b(like|in|is)\b/i.test(start);
  return word && (compared || word[1].length > 1) ? suggestEntities(word[1], caret) : [];
}

function suggestEntities(word, caret) {
  const known = [["metrics.", "a metric"], ["params.", "a param"], ["tags.", "a tag"], ["status = '", "FINISHED, RUNNING, FAILED, KILLED"], ["run_name = '", "a run's name"]];
  return known.filter(([name]) => name.startsWith(word.toLowerCase()) && name.length > word.length)
    .map(([name, hint]) => ({ insert: name, from: caret - word.length, group: "", before: "", match: word, after: name.slice(word.length).replace(/ = '$/, ""), hint }));
}

function suggestNames(view, [, prefix, entity, typed], caret) {
  const group = FILTER_ENTITIES[entity.toLowerCase().replace(/s$/, "")], wanted = typed.toLowerCase();
  return view.base.columns.filter((column) => column.group === group && column.key.toLowerCase().includes(wanted) && column.key !== typed)
    .sort((a, b) => b.key.toLowerCase().startsWith(wanted) - a.key.toLowerCase().startsWith(wanted))
    .slice(0, MOST_SUGGESTIONS).map((column) => {
      const at = column.key.toLowerCase().indexOf(wanted), plain = /^[A-Za-z_][\w./-]*$/.test(column.key);
      return {
        insert: `${prefix}${plain ? column.key : `\`${column.key}\``} `, from: caret - typed.length - prefix.length, group: GROUP_TITLES[group],
        before: prefix + column.key.slice(0, at), match: column.key.slice(at, at + typed.length), after: column.key.slice(at + typed.length), hint: columnHint(column),
      };
    });
}

function suggestValues(view, [, , entity, ticked, bare, quote, typed], caret) {
  const column = view.base.byId.get(`${FILTER_ENTITIES[entity.toLowerCase().replace(/s$/, "")]}.${ticked || bare}`);
  if (!column) return [];
  const wanted = typed.toLowerCase();
  return countedTexts(column).filter(([text]) => text.toLowerCase().includes(wanted) && text !== typed).slice(0, MOST_SUGGESTIONS).map(([text, count]) => {
    const at = text.toLowerCase().indexOf(wanted), mark = text.includes("'") ? '"' : "'";
    return {
      insert: `${mark}${text}${mark} `, from: caret - typed.length - quote.length, group: column.key,
      before: text.slice(0, at), match: text.slice(at, at + typed.length), after: text.slice(at + typed.length), hint: `${groupDigits(String(count))} ${count === 1 ? "run" : "runs"}`,
    };
  });
}

/** Values of a text column with how often each stands there, the frequent first. */
function countedTexts(column) {
  const counts = new Int32Array(column.texts.length);
  for (const code of column.codes) if (code >= 0) counts[code] += 1;
  return column.texts.map((text, code) => [text, counts[code]]).sort((a, b) => b[1] - a[1]);
}

/** A column in a few words: "adam 29 · sgd 11", "0 … 99, 22 values". */
function columnHint(column) {
  if (column.kind === "metric") {
    const finite = column.numbers.filter(Number.isFinite);
    if (!finite.length) return "no value";
    const [low, high] = finite.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    return `${column.format(low)} \u2026 ${column.format(high)}`;
  }
  if (column.texts.length > 4) {
    const numbers = column.numeric ? column.texts.map(Number) : null;
    const span = numbers ? `${numbers.reduce((a, b) => Math.min(a, b))} \u2026 ${numbers.reduce((a, b) => Math.max(a, b))}, `.replaceAll("-", MINUS) : "";
    return `${span}${groupDigits(String(column.texts.length))} values`;
  }
  return countedTexts(column).slice(0, 3).map(([text, count]) => `${text.slice(0, 12)} ${count}`).join(" \u00b7 ");
}

/** The list under the box. The input keeps the focus; `key` says whether it used a key. */
class Suggestions {
  constructor(view) {
    this.view = view;
    this.id = `${view.uid}-suggest`;
    this.panel = null;
    Object.entries({ role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": this.id }).forEach(([name, value]) => view.input.setAttribute(name, value));
  }

  show() {
    const { view } = this, { input } = view;
    this.items = document.activeElement === input && input.selectionStart === input.selectionEnd ? suggestionsFor(view, input.value, input.selectionStart) : [];
    this.hide();
    if (!this.items.length) return;
    this.place = 0;
    this.chosen = false;
    const parts = [];
    this.items.forEach((item, place) => {
      if (item.group && item.group !== this.items[place - 1]?.group) parts.push(el("div", { class: "rt-heading", role: "presentation", dir: "auto", text: item.group }));
      parts.push(el("div", { class: "rt-item rt-option", role: "option", id: `${this.id}-${place}`, "aria-selected": "false", on: { mousedown: (event) => { event.preventDefault(); this.accept(place); } } },
        el("span", { class: "tb-code tb-grow tb-ellipsis", title: item.before + item.match + item.after }, item.before, el("b", { text: item.match }), item.after),
        el("span", { class: "tb-small tb-muted tb-ellipsis rt-optionhint", text: item.hint })));
    });
    const help = el("div", { class: "rt-help tb-caption tb-muted", "aria-hidden": "true" }, el("span", {}, el("kbd", { text: "Tab" }), " accept"), el("span", {}, el("kbd", { text: "\u2191" }), " ", el("kbd", { text: "\u2193" }), " choose"), el("span", {}, el("kbd", { text: "Esc" }), " close"));
    this.panel = el("div", { class: "rt-float rt-suggest tb-float", popover: "manual" }, el("div", { role: "listbox", id: this.id, "aria-label": "Suggestions" }, parts), help);
    view.root.append(this.panel);
    this.panel.showPopover?.();
    this.position();
    input.setAttribute("aria-expanded", "true");
    this.mark();
  }

  /** Under the beginning of what would be replaced. */
  position() {
    const { view } = this, box = view.box.getBoundingClientRect(), field = view.input.getBoundingClientRect();
    view.pen ??= document.createElement("canvas").getContext("2d");
    view.pen.font = getComputedStyle(view.input).font;
    const along = view.pen.measureText(view.input.value.slice(0, this.items[0].from)).width - view.input.scrollLeft;
    this.panel.style.setProperty("left", `${Math.max(8, Math.min(field.left + along - 12, innerWidth - this.panel.offsetWidth - 8))}px`);
    this.panel.style.setProperty("top", `${box.bottom + 4}px`);
  }

  mark() {
    this.panel.querySelectorAll("[role=option]").forEach((node, place) => {
      node.classList.toggle("rt-on", place === this.place);
      node.setAttribute("aria-selected", String(place === this.place));
    });
    this.view.input.setAttribute("aria-activedescendant", `${this.id}-${this.place}`);
  }

  hide() {
    this.panel?.remove();
    this.panel = null;
    this.view.input.setAttribute("aria-expanded", "false");
    this.view.input.removeAttribute("aria-activedescendant");
  }

  accept(place) {
    const { input } = this.view, item = this.items[place], caret = input.selectionStart;
    const rest = input.value.slice(caret).replace(/^['"]/, "");
    input.value = input.value.slice(0, item.from) + item.insert + rest.replace(/^\s+/, "");
    const end = item.from + item.insert.length;
    input.setSelectionRange(end, end);
    this.view.typed();
  }

  key(event) {
    if (!this.panel) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.place = (this.place + step + this.items.length) % this.items.length;
      this.chosen = true;
      this.mark();
    } else if ((event.key === "Tab" && !event.shiftKey) || (event.key === "Enter" && this.chosen)) this.accept(this.place);
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    return true;
  }
}
