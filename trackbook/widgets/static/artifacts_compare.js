// Two pictures in one frame: one over the other behind a line that is dragged, or what differs between them.

const DIFF_PIXELS = 4_000_000;

/** The two runs of a comparison, each chosen from a menu. `pair` is [a, b], places of runs. */
function pairBar(context, runs, pair, choose, note) {
  const pick = (side) => el("button", { class: "tb-button tb-low art-pick", type: "button", "aria-haspopup": "menu", on: { click: (event) => openMenu(context.root, event.currentTarget, runs.map((run) => ({
    text: run.name, checked: run.place === pair[side], deed: () => { const next = [...pair]; next[side] = run.place; choose(next); },
  })), side ? "Right side" : "Left side") } }, runMark(runs.find((run) => run.place === pair[side])?.slot), textEl("span", runs.find((run) => run.place === pair[side])?.name ?? "", "tb-ellipsis"));
  return el("div", { class: "art-bar" }, pick(0), el("span", { class: "tb-muted", text: "and" }), pick(1), el("span", { class: "tb-grow" }), note);
}

/** Swipe: the left picture up to the line, the right one behind it. */
function swipeView(context, left, right, at, choose) {
  const stage = zoomStage(context.zoom, "Two pictures, one over the other", left, right);
  const [under, over] = stage.querySelectorAll(".art-move");
  const input = el("input", { class: "art-range art-swipe-range", type: "range", min: 0, max: 100, step: .5, "aria-label": "Where the left picture ends" });
  const line = el("div", { class: "art-swipe-line", "aria-hidden": "true" });
  const show = (percent) => {
    stage.style.setProperty("--swipe", `${percent}%`);
    input.setAttribute("aria-valuetext", `${Math.round(percent)} percent`);
    input.value = String(percent);
    paintRange(input);
  };
  under.classList.add("art-swipe-under");
  over.classList.add("art-swipe-over");
  const frame = el("div", { class: "art-swipe" }, under, el("div", { class: "art-swipe-clip" }, over), line);
  stage.prepend(frame);
  line.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    line.setPointerCapture(event.pointerId);
    const move = (moved) => { const box = stage.getBoundingClientRect(); show(Math.max(0, Math.min(100, (100 * (moved.clientX - box.left)) / box.width))); };
    line.addEventListener("pointermove", move);
    line.addEventListener("pointerup", () => { line.removeEventListener("pointermove", move); choose(Number(input.value)); }, { once: true });
  });
  input.addEventListener("input", () => show(Number(input.value)));
  input.addEventListener("change", () => choose(Number(input.value)));
  show(at);
  return [stage, el("div", { class: "art-bar" }, input)];
}

/** What differs: the distance of each pixel, darker for more, and how many pixels differ at all. */
function differenceView(context, left, right, tell) {
  const canvas = el("canvas", { class: "art-image", role: "img", "aria-label": "Where the pictures differ" });
  const both = [left, right].map((image) => (image.complete && image.naturalWidth ? Promise.resolve() : image.decode().catch(() => {})));
  Promise.all(both).then(() => { if (!context.gone) tell(drawDifference(canvas, left, right)); });
  return [zoomStage(context.zoom, "Where the pictures differ", canvas)];
}

function drawDifference(canvas, left, right) {
  const width = Math.max(left.naturalWidth, right.naturalWidth), height = Math.max(left.naturalHeight, right.naturalHeight);
  if (!width || !height) return "One of them cannot be drawn.";
  const scale = Math.min(1, Math.sqrt(DIFF_PIXELS / (width * height)));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const [one, two] = [left, right].map((image) => {
    const layer = document.createElement("canvas");
    layer.width = canvas.width;
    layer.height = canvas.height;
    const context = layer.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff";
    context.fillRect(0, 0, layer.width, layer.height);
    context.drawImage(image, 0, 0, image.naturalWidth * scale, image.naturalHeight * scale);
    return context.getImageData(0, 0, layer.width, layer.height).data;
  });
  const context = canvas.getContext("2d"), shown = context.createImageData(canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < one.length; at += 4) {
    const far = Math.max(Math.abs(one[at] - two[at]), Math.abs(one[at + 1] - two[at + 1]), Math.abs(one[at + 2] - two[at + 2]));
    const grey = 255 - (255 - (one[at] * .3 + one[at + 1] * .59 + one[at + 2] * .11)) * .12;
    const ink = far ? Math.min(1, .25 + far / 170) : 0;
    if (far > 2) count += 1;
    shown.data[at] = grey * (1 - ink) + 179 * ink;
    shown.data[at + 1] = grey * (1 - ink) + 18 * ink;
    shown.data[at + 2] = grey * (1 - ink) + 46 * ink;
    shown.data[at + 3] = 255;
  }
  context.putImageData(shown, 0, 0);
  const part = (100 * count) / (one.length / 4);
  const sizes = left.naturalWidth === right.naturalWidth && left.naturalHeight === right.naturalHeight ? "" : " Their sizes differ.";
  return count ? `${part < .1 ? "Under 0.1" : part.toFixed(1)} % of the pixels differ.${sizes}` : `No pixel differs.${sizes}`;
}
