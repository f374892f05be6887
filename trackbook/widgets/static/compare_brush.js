// A brush on one axis of the parallel coordinates: by mouse, by keyboard, and told as a condition.

const BRUSH_STEP = 0.05, LEAST_BRUSH_PX = 3, SNAP = 0.02;

/** A place on an axis, at its end if it is near it: there a condition is open. */
function snapped(place) {
  return place < SNAP ? 0 : place > 1 - SNAP ? 1 : place;
}

class AxisBrush {
  /** `change(brush or null)` is called when a drag ends and at each key. */
  constructor(chart, axis, change) {
    Object.assign(this, { chart, axis, change, range: null });
    this.band = el("div", { class: "cmp-band", hidden: true });
    this.node = el("div", { class: "cmp-track", tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `Condition on ${axisTitle(axis)}`, title: `${axisTitle(axis)}: drag for a condition; arrows move it, Shift and arrows widen it, Delete takes it away` }, this.band);
    this.node.addEventListener("pointerdown", (event) => this.press(event));
    this.node.addEventListener("keydown", (event) => this.key(event));
  }

  /** Take the brush as the view has it: a range of places, the best on top, or null. */
  set(brush) {
    this.range = brush ? this.rangeOf(brush) : null;
    this.draw();
  }

  rangeOf(brush) {
    const { axis } = this;
    if (brush.texts) {
      const places = brush.texts.map((text) => axis.texts.indexOf(text)).filter((code) => code >= 0).map((code) => placeOn(axis, code));
      const half = this.half();
      return places.length ? [Math.max(0, Math.min(...places) - half), Math.min(1, Math.max(...places) + half)] : null;
    }
    const ends = [brush.low ?? axis.low, brush.high ?? axis.high].map((value) => placeOn(axis, Math.min(axis.high, Math.max(axis.low, value))));
    return [Math.min(...ends), Math.max(...ends)];
  }

  half() {
    return this.axis.texts.length > 1 ? 0.42 / (this.axis.texts.length - 1) : 0.5;
  }

  /** The condition of the range; null if it holds everything or nothing. */
  brush() {
    const { axis, range } = this;
    if (!range) return null;
    if (axis.kind === "category") {
      const texts = axis.texts.filter((_, code) => { const place = placeOn(axis, code); return place >= range[0] - 1e-9 && place <= range[1] + 1e-9; });
      return texts.length && texts.length < axis.texts.length ? { texts } : null;
    }
    const [foot, top] = range, open = [foot <= 0.004, top >= 0.996];
    if (open[0] && open[1]) return null;
    const ends = [open[0] ? null : Number(valueAt(axis, foot).toPrecision(4)), open[1] ? null : Number(valueAt(axis, top).toPrecision(4))];
    const [low, high] = axis.goal === "min" ? [ends[1], ends[0]] : ends;
    return { low, high };
  }

  draw() {
    const { range } = this, brush = this.brush();
    this.band.hidden = !range;
    if (range) {
      this.band.style.setProperty("bottom", `${(range[0] * 100).toFixed(2)}%`);
      this.band.style.setProperty("height", `${((range[1] - range[0]) * 100).toFixed(2)}%`);
    }
    this.node.setAttribute("aria-valuenow", range ? Math.round(50 * (range[0] + range[1])) : 100);
    this.node.setAttribute("aria-valuetext", brush ? conditionText(this.axis, brush) : "no condition");
  }

  tell() {
    const brush = this.brush();
    if (!brush) this.range = null;
    this.draw();
    this.change(brush);
  }

  press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.node.focus({ preventScroll: true });
    const rect = this.node.getBoundingClientRect(), at = (move) => snapped((rect.bottom - move.clientY) / rect.height);
    const start = at(event), before = this.range;
    const inside = before && start >= before[0] && start <= before[1];
    const moved = (move) => {
      const now = at(move);
      if (inside) {
        const size = before[1] - before[0], low = Math.min(1 - size, Math.max(0, before[0] + now - start));
        this.range = [low, low + size];
      } else this.range = [Math.min(start, now), Math.max(start, now)];
      this.draw();
    };
    const ended = (last) => {
      this.node.removeEventListener("pointermove", moved);
      this.node.removeEventListener("pointerup", ended);
      this.node.removeEventListener("pointercancel", ended);
      if (Math.abs(last.clientY - event.clientY) < LEAST_BRUSH_PX) this.range = null;
      this.tell();
    };
    this.node.setPointerCapture(event.pointerId);
    this.node.addEventListener("pointermove", moved);
    this.node.addEventListener("pointerup", ended);
    this.node.addEventListener("pointercancel", ended);
  }

  key(event) {
    const { axis } = this, step = axis.kind === "category" && axis.texts.length > 1 ? 1 / (axis.texts.length - 1) : BRUSH_STEP;
    if (["Delete", "Backspace"].includes(event.key) || (event.key === "Escape" && this.range)) this.range = null;
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.range = this.stepped(event.key === "ArrowUp" ? step : -step, event.shiftKey);
    else if (event.key === "Home" || event.key === "End") this.range = event.key === "Home" ? [0.75, 1] : [0, 0.25];
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.tell();
  }

  /** The range a step further; without one, the top quarter. With Shift its lower end moves. */
  stepped(step, widen) {
    const half = this.axis.kind === "category" ? this.half() : 0;
    if (!this.range) return half ? [1 - half, 1] : [0.75, 1];
    const [low, high] = this.range;
    if (widen) return [Math.min(high - (half || 0.01), Math.max(0, low + step)), high];
    const size = high - low, foot = half ? Math.min(1 - half, Math.max(-half, low + step)) : Math.min(1 - size, Math.max(0, low + step));
    return half ? [Math.max(0, foot), Math.min(1, foot + Math.max(size, 2 * half))] : [foot, foot + size];
  }
}
