// Pictures: zoom and pan that all of them share, and the slider of those that were logged by step.

const ZOOM_LEAST = 25, ZOOM_MOST = 1600;

/** What all pictures of a panel share: `percent`, and the shift of their middle in parts of the frame. */
class SharedZoom {
  constructor(percent, tell) {
    Object.assign(this, { percent, x: 0, y: 0, tell, stages: new Set() });
  }

  /** Zoom so that the point (x, y) of a frame, in parts of it, stays where it is. */
  to(percent, x = .5, y = .5) {
    const next = Math.max(ZOOM_LEAST, Math.min(ZOOM_MOST, percent)), ratio = next / this.percent;
    this.x = (x - .5) - ratio * ((x - .5) - this.x);
    this.y = (y - .5) - ratio * ((y - .5) - this.y);
    this.percent = next;
    if (next === 100) this.x = this.y = 0;
    this.apply();
    this.tell(next);
  }

  shift(x, y) {
    const most = Math.max(.5, this.percent / 100);
    this.x = Math.max(-most, Math.min(most, this.x + x));
    this.y = Math.max(-most, Math.min(most, this.y + y));
    this.apply();
  }

  apply() {
    for (const stage of this.stages) {
      if (!stage.isConnected && stage.dataset.shown) { this.stages.delete(stage); continue; }
      stage.style.setProperty("--zoom", String(this.percent / 100));
      stage.style.setProperty("--shift-x", `${(this.x * 100).toFixed(3)}%`);
      stage.style.setProperty("--shift-y", `${(this.y * 100).toFixed(3)}%`);
      stage.classList.toggle("art-sharp", this.percent >= 200);
    }
  }
}

/** A frame whose content zooms and pans with all others of the panel. */
function zoomStage(zoom, label, ...content) {
  const stage = el("div", { class: "art-stage", tabindex: "0", role: "group", "aria-label": `${label}. Plus and minus zoom, arrows move, 0 resets.` }, content.map((node) => el("div", { class: "art-move" }, node)));
  const part = (event) => { const box = stage.getBoundingClientRect(); return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]; };
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && zoom.percent === 100) return; // a plain wheel scrolls the page until somebody has zoomed
    event.preventDefault();
    zoom.to(zoom.percent * Math.exp(-event.deltaY / 400), ...part(event));
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("input, button")) return;
    let [x, y] = part(event);
    stage.setPointerCapture(event.pointerId);
    const move = (moved) => { const [nextX, nextY] = part(moved); zoom.shift(nextX - x, nextY - y); [x, y] = [nextX, nextY]; };
    const end = () => { stage.removeEventListener("pointermove", move); stage.removeEventListener("pointerup", end); stage.removeEventListener("pointercancel", end); };
    stage.addEventListener("pointermove", move);
    stage.addEventListener("pointerup", end);
    stage.addEventListener("pointercancel", end);
  });
  stage.addEventListener("dblclick", (event) => { if (!event.target.closest("input, button")) zoom.to(zoom.percent > 100 ? 100 : 300, ...part(event)); });
  stage.addEventListener("keydown", (event) => {
    if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const shifts = { ArrowLeft: [.1, 0], ArrowRight: [-.1, 0], ArrowUp: [0, .1], ArrowDown: [0, -.1] };
    if (event.key === "+" || event.key === "=") zoom.to(zoom.percent * 1.25);
    else if (event.key === "-") zoom.to(zoom.percent / 1.25);
    else if (event.key === "0") zoom.to(100);
    else if (shifts[event.key] && zoom.percent !== 100) zoom.shift(...shifts[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  zoom.stages.add(stage);
  requestAnimationFrame(() => { stage.dataset.shown = "1"; });
  zoom.apply();
  return stage;
}

/** An image out of bytes. Only its pixels are drawn: a browser runs no script of an image and loads nothing for it. */
function imageNode(context, parts, media, name, loaded, failed) {
  const sized = (image) => {
    if (Math.max(image.naturalWidth, image.naturalHeight) < 128) image.classList.add("art-tiny");
    loaded?.(image);
  };
  return el("img", { class: "art-image", alt: name, draggable: "false", decoding: "async", src: blobUrl(context, parts, media), on: { load: (event) => sized(event.target), error: () => failed?.() } });
}

/** The slider of a series: the steps of all runs; each run shows its image at that step, or the last one before it. */
function stepSlider(steps, chosen, choose) {
  const place = Math.max(0, steps.indexOf(chosen));
  const value = el("span", { class: "art-step-value tb-code tb-num", text: groupDigits(steps[place] ?? "0") });
  const count = el("span", { class: "tb-small tb-muted tb-num", text: `${place + 1} of ${steps.length}` });
  const input = el("input", { class: "art-range art-range-wide", type: "range", min: 0, max: Math.max(0, steps.length - 1), step: 1, "aria-label": "Logged at step", "aria-valuetext": `step ${steps[place]}` });
  input.value = String(place);
  paintRange(input);
  input.addEventListener("input", () => {
    const step = steps[Number(input.value)];
    value.textContent = groupDigits(step);
    count.textContent = `${Number(input.value) + 1} of ${steps.length}`;
    input.setAttribute("aria-valuetext", `step ${step}`);
    paintRange(input);
    choose(step);
  });
  return el("label", { class: "tb-row art-control" }, el("span", { class: "tb-small tb-muted", text: "Logged at step" }), input, value, count);
}

/** Colour the part of a slider that lies before its knob. */
function paintRange(input) {
  const low = Number(input.min), high = Number(input.max);
  input.style.setProperty("--done", `${high > low ? (100 * (Number(input.value) - low)) / (high - low) : 100}%`);
}

/** The slider of the zoom, by doublings. */
function zoomSlider(zoom) {
  const value = el("span", { class: "tb-code tb-num art-zoom-value" });
  const input = el("input", { class: "art-range", type: "range", min: Math.log2(ZOOM_LEAST), max: Math.log2(ZOOM_MOST), step: .05, "aria-label": "Zoom" });
  const show = (percent) => {
    input.value = String(Math.log2(percent));
    value.textContent = `${Math.round(percent)} %`;
    input.setAttribute("aria-valuetext", value.textContent);
    paintRange(input);
  };
  input.addEventListener("input", () => {
    const percent = 2 ** Number(input.value);
    zoom.to(Math.abs(percent - 100) < 4 ? 100 : percent);
  });
  show(zoom.percent);
  return { node: el("label", { class: "tb-row art-control" }, el("span", { class: "tb-small tb-muted", text: "Zoom" }), input, value), show };
}
