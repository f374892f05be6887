// Small parts of the panel of registered models: marks, chips, values beside those in production, and redrawing that
// keeps the focus. Put after shared.js and floats.js.

const STAGE_MARKS = { Production: ["●", "tb-ok"], Staging: ["◐", "tb-accent"], Archived: ["○", "tb-outline"] };

/** A stage's mark and word; a dash where a version has none. */
function stageChip(stage) {
  const [mark, look] = STAGE_MARKS[stage] || [];
  if (!mark) return el("span", { class: "tb-muted", text: "–", "aria-label": "no stage" });
  return el("span", { class: `tb-chip ${look}` }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: mark }), stage);
}

function aliasChip(alias) {
  return el("span", { class: "tb-chip tb-accent", title: alias }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: "@" }), el("span", { class: "tb-ellipsis", dir: "auto", text: alias }));
}

function verdictChip(verdict) {
  if (!verdict) return null;
  const passed = verdict === "passed";
  return el("span", { class: `tb-chip ${passed ? "tb-ok" : "tb-err"}`, title: "Its evaluation against thresholds" }, el("b", { class: "tb-models-sign", "aria-hidden": "true", text: passed ? "✓" : "✗" }), el("span", { class: "tb-ellipsis", dir: "auto", text: verdict }));
}

/** Floats come as numbers, or as text where JSON has none. */
function readNumber(value) {
  if (typeof value !== "string") return value;
  return value === "NaN" ? NaN : value === "Infinity" ? Infinity : -Infinity;
}

/** The number that a text of `numberFormat` stands for. */
function shownNumber(text) {
  return Number(text.replaceAll(MINUS, "-").replaceAll(THIN, ""));
}

/** How a value stands to another: {sign, word, distance} with the unsigned distance between them as shown; null where it
 *  cannot be told. */
function standing(value, other, which, format) {
  if (!Number.isFinite(value) || !Number.isFinite(other)) return null;
  const [mine, theirs] = [format(value), format(other)];
  if (mine === theirs) return { sign: "=", word: "same", distance: "", look: "" };
  const gap = Math.abs(shownNumber(mine) - shownNumber(theirs));
  const decimals = mine.includes("e") || theirs.includes("e") ? null : (mine.split(".")[1] || "").length;
  const distance = numberFormat(decimals)(gap);
  if (which !== "min" && which !== "max") return { sign: "≠", word: "differs by", distance, look: "" };
  const better = (value < other) === (which === "min");
  return { sign: better ? "▲" : "▼", word: better ? "better by" : "worse by", distance, look: better ? "tb-models-up" : "tb-models-down" };
}

/** A button that looks like a link. */
function linkButton(text, click, properties = {}) {
  return el("button", { class: "tb-models-link tb-ellipsis", type: "button", dir: "auto", title: text, text, on: { click }, ...properties });
}

/** Put new nodes into a container; who had the focus by its data-focus keeps it. */
function redraw(container, ...nodes) {
  const key = container.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  container.replaceChildren(...nodes.flat().filter(Boolean));
  if (key !== undefined) [...container.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === key)?.focus({ preventScroll: true });
}

/** When something was, and who did it. */
function whenEl(time, who = "", tag = "span") {
  return el(tag, { class: "tb-muted tb-num", title: formatMoment(time) }, formatClock(time), who ? ", " : "", who ? el("bdi", { text: who }) : null);
}

/** today 09:20, yesterday 16:02, 19 Nov, 2025-11-19. */
function formatClock(time, now = Date.now()) {
  if (time === null || time === undefined) return "–";
  const then = new Date(time), today = new Date(now);
  const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime();
  const clock = `${String(then.getHours()).padStart(2, "0")}:${String(then.getMinutes()).padStart(2, "0")}`;
  if (time >= midnight) return `today ${clock}`;
  if (time >= midnight - 86400e3) return `yesterday ${clock}`;
  return formatAge(time, now);
}

/** Move the focus among buttons with the arrow keys; one of them is the Tab stop. */
function rove(container, selector) {
  container.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || !event.target.matches(selector)) return;
    event.preventDefault();
    const all = [...container.querySelectorAll(selector)];
    all[Math.max(0, Math.min(all.length - 1, all.indexOf(event.target) + step))]?.focus();
  });
}

/** A caption and what it is about. */
function section(title, ...children) {
  return el("section", { class: "tb-models-section", "aria-label": typeof title === "string" ? title : null }, typeof title === "string" ? el("h3", { class: "tb-models-caption", dir: "auto", text: title }) : title, children);
}

/** Code with a button that copies it. */
function codeBlock(root, code, label) {
  return el("div", { class: "tb-models-code" }, el("pre", { class: "tb-code", tabindex: 0, "aria-label": label, text: code }),
    el("button", { class: "tb-button tb-low", type: "button", "data-focus": `copy ${label}`, "aria-label": `Copy: ${label}`, on: { click: async () => say(root, (await copyText(code)) ? "Copied." : "The browser did not let it copy; select the code and press Ctrl C.") } }, icon("copy"), "Copy"));
}
