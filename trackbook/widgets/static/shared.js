// What every panel uses: runs' colours and marks, icons, numbers, themes, and elements that only ever hold text.
// Python puts this text before a panel's own file, since an anywidget module cannot import its siblings:
// declarations only, no import and no export.

// ---- elements: logged text reaches the page through textContent and setAttribute alone ----

const SVG_SPACE = "http://www.w3.org/2000/svg";

/** An element; properties "class", "text", "on" ({event: handler}), "style" ({name: value}), all others attributes. */
function el(tag, properties = {}, ...children) {
  return dress(document.createElement(tag), properties, children);
}

/** The same for SVG. */
function svgEl(tag, properties = {}, ...children) {
  return dress(document.createElementNS(SVG_SPACE, tag), properties, children);
}

function dress(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") node.textContent = String(value);
    else if (name === "on") for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    else if (name === "style") for (const [key, item] of Object.entries(value)) node.style.setProperty(key, String(item));
    else if (/^on/i.test(name)) throw new Error(`Set ${name} through "on", with a function.`);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** Logged text in an element that shows it whole on hover and finds its own direction. */
function textEl(tag, text, className = "") {
  return el(tag, { class: className || null, dir: "auto", title: text, text });
}

// ---- a run's colour, dash and mark, by slot 1 to 24 ----

const RUN_SLOTS = 24;
const RUN_COLORS = {
  light: ["#3f63e8", "#c86400", "#0a8f74", "#97107f", "#7d5c10", "#4a17b5", "#1583c4", "#b3122e", "#578d0a", "#23445c", "#5e2500", "#db4094"],
  dark: ["#86a5ff", "#f98a35", "#7fecc0", "#bd6fa6", "#f2dc45", "#8b69f2", "#35cdfb", "#e2553c", "#a8d355", "#d5e6f6", "#bf9c74", "#f99cc6"],
};
const RUN_DASHES = ["solid", "6px,3px", "2px,3px", "8px,3px,2px,3px"];
const RUN_SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "star", "triangle-down", "pentagon", "x", "hexagon", "star-diamond", "hourglass"];
// Filled outlines around (0, 0) in a box of 14.
const MARK_PATHS = [
  "M0 -4.6A4.6 4.6 0 1 1 0 4.6A4.6 4.6 0 1 1 0 -4.6z",
  "M-4.2 -4.2H4.2V4.2H-4.2z",
  "M0 -5.8L5.8 0L0 5.8L-5.8 0z",
  "M0 -5.2L5.4 4.2H-5.4z",
  "M-1.7 -5.2H1.7V-1.7H5.2V1.7H1.7V5.2H-1.7V1.7H-5.2V-1.7H-1.7z",
  "M0 -6.2L1.6 -2.2L5.9 -1.9L2.6 0.8L3.6 5L0 2.7L-3.6 5L-2.6 0.8L-5.9 -1.9L-1.6 -2.2z",
  "M0 5.2L5.4 -4.2H-5.4z",
  "M0 -5.4L5.1 -1.7L3.2 4.4L-3.2 4.4L-5.1 -1.7z",
  "M2.5 -4.9L4.9 -2.5L2.4 0L4.9 2.5L2.5 4.9L0 2.4L-2.5 4.9L-4.9 2.5L-2.4 0L-4.9 -2.5L-2.5 -4.9L0 -2.4z",
  "M0 -5.2L4.5 -2.6L4.5 2.6L0 5.2L-4.5 2.6L-4.5 -2.6z",
  "M0 -6.2L2.1 -2.1L6.2 0L2.1 2.1L0 6.2L-2.1 2.1L-6.2 0L-2.1 -2.1z",
  "M-4.8 -5H4.8L-4.8 5H4.8z",
];
const MARK_SIZES = [7, 7, 8, 8, 9, 10, 8, 8, 8, 8, 10, 8];

/** Whether a slot is one of the 24 that have a colour; other runs stay grey. */
function hasSlot(slot) {
  return Number.isInteger(slot) && slot >= 1 && slot <= RUN_SLOTS;
}

/** The colour of a slot as CSS; grey without one. */
function runColor(slot) {
  return hasSlot(slot) ? `var(--run-${slot})` : "var(--ink2)";
}

/** The colour of a slot as hex, for what cannot read CSS variables. */
function runHex(slot, dark) {
  return RUN_COLORS[dark ? "dark" : "light"][(slot - 1) % 12];
}

/** The dash of a slot, in the words of plotly and of SVG's stroke-dasharray. */
function runDash(slot) {
  return hasSlot(slot) ? RUN_DASHES[Math.floor((slot - 1) / 6)] : "solid";
}

/** Plotly's name of a slot's mark. */
function runSymbol(slot) {
  return RUN_SYMBOLS[(slot - 1) % 12];
}

/** The diameter in px of a slot's mark at the end of a curve. */
function runMarkSize(slot) {
  return MARK_SIZES[(slot - 1) % 12];
}

/** "blue circle" and so on: what a screen reader says of a slot. */
function runMarkWord(slot) {
  return hasSlot(slot) ? `mark ${runSymbol(slot)}` : "grey";
}

/** A slot's mark as SVG. */
function runMark(slot, size = 14) {
  const path = hasSlot(slot) ? MARK_PATHS[(slot - 1) % 12] : "M-5 -.5H5V.5H-5z";
  return svgEl("svg", { class: "tb-mark", width: size, height: size, viewBox: "-7 -7 14 14", "aria-hidden": "true" },
    svgEl("path", { d: path, style: { fill: runColor(slot) } }));
}

/** A piece of a run's curve with its dash and mark, for legends. */
function runSwatch(slot, width = 26) {
  const dash = runDash(slot);
  const line = svgEl("path", { d: `M1 7H${width - 1}`, style: { stroke: runColor(slot), "stroke-width": 2, "stroke-dasharray": dash === "solid" ? "none" : dash, opacity: hasSlot(slot) ? 1 : .45 } });
  const mark = svgEl("path", { d: MARK_PATHS[((slot || 1) - 1) % 12], transform: `translate(${width / 2} 7) scale(.82)`, style: { fill: runColor(slot) } });
  return svgEl("svg", { class: "tb-mark", width, height: 14, viewBox: `0 0 ${width} 14`, "aria-hidden": "true" }, line, hasSlot(slot) ? mark : null);
}

// ---- icons and status marks ----

const ICONS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3", right: "M6 4l4 4-4 4", down: "M4 6l4 4 4-4",
  flask: "M6 2h4M7 2v4L3 13a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1L9 6V2M5 10h6", columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  group: "M2.5 3.5h11M5 8h8.5M5 12.5h8.5M2.5 8v4.5", sort: "M5 3v10M2.5 10.5 5 13l2.5-2.5M11 13V3M8.5 5.5 11 3l2.5 2.5",
  dots: "M3 8h.01M8 8h.01M13 8h.01", code: "M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4",
  link: "M7 9a2.5 2.5 0 0 0 3.6 0l2-2A2.5 2.5 0 0 0 9 3.4L8 4.4M9 7a2.5 2.5 0 0 0-3.6 0l-2 2A2.5 2.5 0 0 0 7 12.6l1-1",
  tag: "M2.5 8.5v-6h6l5 5-6 6zM5.5 5.5h.01", folder: "M2 4.5v8h12v-7H8L6.5 3.5H2z", file: "M4 2h5l3 3v9H4zM9 2v3h3",
  image: "M2.5 3h11v10h-11zM2.5 11l3-3 3 3 2-2 3 2.5M10.5 6h.01", table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 3v10",
  star: "M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 9h6l.5-9", compare: "M2.5 3h4.5v10H2.5zM9 3h4.5v10H9z",
  curves: "M2 13V3M2 13h12M4 10l3-3 2.5 2L14 4", stop: "M4 4h8v8H4z", play: "M5 3.5v9l7-4.5z",
  notebook: "M4 2h8.5v12H4zM4 5H2.5M4 8H2.5M4 11H2.5M7 5h3", clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.2l2 1.3",
  close: "M4 4l8 8M12 4l-8 8", check: "M3.5 8.5l3 3 6-7", pin: "M6 2h4l-.5 4.5L12 9H4l2.5-2.5zM8 9v5", plus: "M8 3v10M3 8h10",
  zoom: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3M5 7h4M7 5v4", out: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM11 11l3 3M5 7h4",
  user: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM3 14c.4-3 2.4-4.2 5-4.2s4.6 1.2 5 4.2", copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  differ: "M5 3v7M2 13h6M11 6v7M8 3h6M2 6.5h6M8 9.5h6",
  note: "M3 2.5h10v7.5l-3.5 3.5H3zM9.5 13.5V10H13M5.5 5.5h5M5.5 8h3.5", edit: "M3 13l.7-3L11 2.7 13.3 5 6 12.3z",
  cube: "M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8l5.5-3M8 8v6", bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z", back: "M3 6h7a3.5 3.5 0 0 1 0 7H6M3 6l3-3M3 6l3 3",
  filter: "M2.5 3.5h11L9.500 8.500v4.500l-3-1.500v-3z", reset: "M2.5 8A5.500 5.500 0 1 0 4 4.2M2.500 2.500v3h3",
};

/** An icon of the 16 px set; give its button an aria-label. */
function icon(name) {
  if (!ICONS[name]) throw new Error(`No icon ${name}; there are ${Object.keys(ICONS).join(", ")}.`);
  return svgEl("svg", { class: "tb-icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svgEl("path", { d: ICONS[name] }));
}

const STATUS_WORDS = { FINISHED: "Finished", RUNNING: "Running", FAILED: "Failed", KILLED: "Killed", SCHEDULED: "Scheduled", LOST: "Lost" };

/** The mark of a run's status (or of LOST), with its word for a screen reader and on hover. */
function statusMark(status, size = 16) {
  const known = STATUS_WORDS[status] ? status : "LOST";
  const word = STATUS_WORDS[status] || String(status);
  const ring = (color, more) => svgEl("circle", { cx: 8, cy: 8, r: 6.2, fill: "none", style: { stroke: color }, "stroke-width": 1.5, ...more });
  const stroke = (d, color, width) => svgEl("path", { d, fill: "none", style: { stroke: color }, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" });
  const shapes = {
    FINISHED: () => [ring("var(--ok)"), stroke("M5.2 8.2l2 2 3.7-4.2", "var(--ok)", 1.6)],
    RUNNING: () => [ring("var(--soft2)", { "stroke-width": 2.2 }),
      dress(stroke("M8 1.8a6.2 6.2 0 0 1 5.4 9.3", "var(--accent)", 2.2), { class: "tb-arc" }, []),
      svgEl("circle", { cx: 8, cy: 8, r: 2, style: { fill: "var(--accent)" } })],
    FAILED: () => [svgEl("path", { d: "M8 .8L15.2 8L8 15.2L.8 8z", style: { fill: "var(--err)" } }), stroke("M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4", "var(--bg)", 1.7)],
    KILLED: () => [svgEl("rect", { x: 2, y: 2, width: 12, height: 12, rx: 2.5, style: { fill: "var(--warn)" } }), stroke("M5 8h6", "var(--bg)", 2)],
    SCHEDULED: () => [ring("var(--ink2)", { "stroke-dasharray": "2.2 2.4" })],
    LOST: () => [ring("var(--warn)", { "stroke-dasharray": "9 3.4" }), stroke("M6.3 6.5a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.6-.9 1.2M8 11.3h.01", "var(--warn)", 1.5)],
  };
  return svgEl("svg", { class: "tb-status", width: size, height: size, viewBox: "0 0 16 16", role: "img", "aria-label": word },
    svgEl("title", { text: word }), shapes[known]());
}

// ---- numbers ----

const MINUS = "\u2212", THIN = "\u202f";

/** The format of a column, from its finite values: a function number -> text. */
function columnFormat(values) {
  let low = Infinity, high = 0, whole = true;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (!Number.isInteger(value)) whole = false;
    const size = Math.abs(value);
    if (size > high) high = size;
    if (size > 0 && size < low) low = size;
  }
  if (high === 0 || (whole && high < 1e15)) return numberFormat(0);
  if (high / low > 1000 || low < 0.001 || high >= 1e15) return numberFormat(null);
  return numberFormat(Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(high)))));
}

/** A function number -> text with that many decimals; null means scientific. */
function numberFormat(decimals) {
  return (value) => {
    if (value === null || value === undefined) return "\u2013";
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "\u221e" : MINUS + "\u221e";
    if (decimals === null && value !== 0) {
      const [digits, power] = value.toExponential(2).split("e");
      return `${digits}e${power}`.replace("+", "").replaceAll("-", MINUS);
    }
    return groupDigits(value.toFixed(decimals === null ? 0 : decimals));
  };
}

/** Thousands apart by a narrow space, minus as U+2212; takes the text of a number. */
function groupDigits(text) {
  const [whole, fraction] = text.split(".");
  const sign = whole.startsWith("-") && /[1-9]/.test(text) ? MINUS : "";
  const digits = whole.replace("-", "").replace(/\B(?=(\d{3})+(?!\d))/g, THIN);
  return sign + digits + (fraction === undefined ? "" : "." + fraction);
}

/** Every digit of a number, for hover and copy. */
function fullNumber(value) {
  if (value === null || value === undefined) return "";
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
}

/** Milliseconds as 850 ms, 8.1 s, 2 m 13 s, 4 h 05 m. */
function formatDuration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "\u2013";
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

/** How long ago: now, 2 min ago, 4 h ago, yesterday, 19 Nov, 2025-11-19. Both in ms since 1970. */
function formatAge(when, now = Date.now()) {
  if (when === null || when === undefined) return "\u2013";
  const seconds = Math.max(0, (now - when) / 1000);
  const then = new Date(when), today = new Date(now);
  if (seconds < 10) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate()).getTime();
  if (when >= midnight || seconds < 6 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  if (when >= midnight - 86400e3) return "yesterday";
  if (then.getFullYear() === today.getFullYear()) return `${then.getDate()} ${["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][then.getMonth()]}`;
  return `${then.getFullYear()}-${String(then.getMonth() + 1).padStart(2, "0")}-${String(then.getDate()).padStart(2, "0")}`;
}

/** An ISO time with its zone, for hover. */
function formatMoment(when) {
  return when === null || when === undefined ? "" : new Date(when).toISOString();
}

/** Bytes as 84 B, 1.2 kB, 4.8 MB. */
function formatSize(bytes) {
  if (bytes === null || bytes === undefined) return "\u2013";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes, unit = 0;
  while (size >= 999.5 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${unit === 0 || size >= 99.95 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** A number in an element: NaN is red italic, hover gives every digit. */
function numberEl(value, format, className = "tb-num") {
  const trouble = typeof value === "number" && Number.isNaN(value) ? " tb-nan" : "";
  return el("span", { class: className + trouble, title: fullNumber(value), text: format(value) });
}

// ---- themes ----

const TOKEN_NAMES = ["bg", "ink", "ink2", "line", "line2", "edge", "accent", "ok", "warn", "err"];

/** Any CSS colour as rgb() or rgba(), read back from one pixel: plotly knows no color-mix. */
function resolveColor(node, css) {
  // charts keep their own colours where the system forces its own on text and boxes: one ink on itself shows nothing
  const probe = el("i", { style: { color: css, display: "none", "forced-color-adjust": "none" } });
  node.append(probe);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return alpha === 255 ? `rgb(${red},${green},${blue})` : `rgba(${red},${green},${blue},${(alpha / 255).toFixed(3)})`;
}

/** The tokens as colours that any library reads: {bg: "rgb(...)", ink: ..., dark: false, ui: "font family"}. */
function readTokens(node) {
  const tokens = Object.fromEntries(TOKEN_NAMES.map((name) => [name, resolveColor(node, `var(--${name})`)]));
  const [red, green, blue] = tokens.bg.match(/[\d.]+/g).map(Number);
  tokens.dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
  tokens.ui = getComputedStyle(node).fontFamily;
  return tokens;
}

/** Call back with the tokens as soon as the node is on the page, and after every change of theme; returns what ends that. */
function followTheme(node, callback) {
  let told = false;
  const tell = () => {
    if (!node.isConnected) return; // JupyterLab renders a view before it attaches it, and detached nodes have no style
    told = true;
    const tokens = readTokens(node);
    node.setAttribute("data-dark", String(tokens.dark));
    callback(tokens);
  };
  const observer = new MutationObserver(() => requestAnimationFrame(tell));
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "data-jp-theme-light", "class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", tell);
  const attached = new ResizeObserver(() => { if (!told) tell(); });
  attached.observe(node);
  tell();
  return () => { observer.disconnect(); attached.disconnect(); scheme.removeEventListener("change", tell); };
}
