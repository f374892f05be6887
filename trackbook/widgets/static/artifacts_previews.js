// One card a run: its head, what the file is shown as, and a foot with facts and the download.

const RAW_TOO = new Set(["markdown", "json", "figure", "page", "notebook", "csv"]);

/** The preview of one file of one run. */
class PreviewCard {
  /** `place` of the run; `path` of the file in it. `changed()` is called whenever another preview is drawn. */
  constructor(context, place, path, changed) {
    Object.assign(this, { context, place, path, changed, loaded: null, number: 0 });
    this.head = el("figcaption", { class: "art-card-head" });
    this.body = el("div", { class: "art-body" }, el("div", { class: "art-waiting tb-muted tb-small", role: "status", text: "Reading …" }));
    this.foot = el("div", { class: "art-card-foot tb-small tb-muted" });
    this.node = el("figure", { class: "art-card tb-card" }, this.head, this.body, this.foot);
    this.drawHead();
  }

  get run() {
    return this.context.model.get("runs")[this.place] || { name: "", slot: null, metric: null };
  }

  drawHead() {
    const { run } = this, trouble = run.status && run.status !== "FINISHED" ? statusMark(run.status, 14) : null;
    this.head.replaceChildren(...[this.context.model.get("runs").length > 1 || run.slot ? runMark(run.slot, 14) : null, textEl("span", run.name, "tb-bold tb-ellipsis art-run-name"), trouble, this.step ? el("span", { class: "tb-chip tb-outline", text: this.step }) : null, el("span", { class: "tb-grow" }),
      run.metric ? el("span", { class: "tb-small tb-muted tb-num art-metric", title: `${run.metric.key} ${run.metric.full}` }, el("span", { class: "tb-ellipsis", dir: "auto", text: run.metric.key }), el("b", { class: "tb-medium", text: run.metric.value })) : null].filter(Boolean));
  }

  /** Ask for the preview, or for more of it where `wishes` say so; the old one stays until the new one is there. */
  async load(wishes = {}) {
    const number = ++this.number, { path } = this;
    const key = `${this.place} ${path} ${JSON.stringify(wishes)}`;
    try {
      const known = this.context.kept.get(key);
      const answer = known || await this.ask({ ...(this.context.raw ? { raw: true } : {}), ...wishes });
      if (number !== this.number || this.context.gone) return;
      const shown = { ...answer.value, whole_asked: wishes.whole };
      const parts = ["image", "audio", "video", "pdf"].includes(shown.kind) && !shown.huge && !shown.converted
        ? answer.parts || await allBytes(this.context, this.place, shown, answer.buffers[0], (bytes) => this.tell(bytes, shown.size), () => number !== this.number || this.context.gone) : answer.buffers.map(bytesOf);
      if (number !== this.number || this.context.gone || !parts) return;
      if (shown.kind === "image") this.context.keep(key, { ...answer, parts });
      this.loaded = { shown, parts };
      this.draw();
    } catch (error) {
      if (number === this.number && !this.context.gone) { this.loaded = { shown: { kind: "away", path, text: error.message }, parts: [] }; this.draw(); }
    }
  }

  ask(wishes) {
    return this.context.asker.ask("preview", { run: this.place, path: this.path, ...wishes });
  }

  tell(bytes, size) {
    const waiting = this.body.querySelector(".art-waiting");
    if (waiting) waiting.textContent = `Reading … ${formatSize(bytes)} of ${formatSize(size)}`;
  }

  /** Another piece of the same file, for a view that has a button for it. */
  async more(wishes) {
    try {
      if (wishes.again) { const { again, ...rest } = wishes; this.load(rest); return null; }
      return await this.ask(wishes);
    } catch (error) {
      this.context.say(error.message, { trouble: true });
      return null;
    }
  }

  draw() {
    const { shown } = this.loaded;
    this.drawHead();
    this.node.dataset.kind = shown.kind;
    this.body.replaceChildren(...this.view().flat().filter(Boolean));
    this.drawFoot();
    this.changed(this);
  }

  view() {
    const { context, loaded: { shown, parts } } = this, ask = (wishes) => this.more(wishes);
    const trouble = troubleView(this, shown);
    if (trouble) return [trouble];
    if (shown.kind === "image") return [this.pictureStage(shown, parts)];
    if (shown.kind === "text") return textView(shown, ask);
    if (shown.kind === "markdown") return [el("div", { class: "art-markdown", tabindex: "0", role: "group", "aria-label": shown.name }, markdownNodes(shown.text))];
    if (shown.kind === "json") return jsonView(shown);
    if (shown.kind === "table") return tableView(shown, ask);
    if (shown.kind === "figure") return figureView(context, shown, parts[0]);
    if (shown.kind === "notebook") return notebookView(context, shown, parts);
    if (shown.kind === "page") return pageView(new TextDecoder().decode(parts[0]), shown.name);
    if (shown.kind === "folder" || shown.kind === "model") return folderView(context, this.place, shown);
    if (shown.kind === "binary") return bytesView(shown, parts[0]);
    return mediaView(context, shown.kind, parts, shown);
  }

  pictureStage(shown, parts) {
    const failed = () => { this.loaded = { shown: { ...shown, kind: "broken", text: "The browser cannot draw it. It is damaged, or no picture of this kind.", details: "" }, parts }; this.draw(); };
    const sized = (image) => {
      if (!shown.width && image.naturalWidth) { shown.width = image.naturalWidth; shown.height = image.naturalHeight; this.drawFoot(); }
    };
    return zoomStage(this.context.zoom, `${shown.name} of ${this.run.name}`, imageNode(this.context, parts, shown.media, `${shown.name} of ${this.run.name}`, sized, failed));
  }

  drawFoot() {
    const { shown } = this.loaded;
    if (shown.size === undefined || shown.kind === "folder" || shown.kind === "model") { this.foot.replaceChildren(); return; }
    const pixels = shown.width ? el("span", { class: "tb-num", text: `${groupDigits(String(shown.width))} × ${groupDigits(String(shown.height))} px` }) : null;
    const sha = shown.sha ? el("span", { class: "tb-code", title: `SHA-256 ${shown.sha}`, text: `sha ${shown.sha.slice(0, 4)}…${shown.sha.slice(-2)}` }) : null;
    const when = shown.time ? el("span", { class: "art-when", title: `logged ${formatMoment(shown.time)}`, text: formatAge(shown.time) }) : null;
    this.foot.replaceChildren(...[pixels, el("span", { class: "tb-num", title: `${groupDigits(String(shown.size))} bytes`, text: formatSize(shown.size) }), sha, when, el("span", { class: "tb-grow" }),
      el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", title: `Download ${shown.name}`, "aria-label": `Download ${shown.name} of ${this.run.name}`, on: { click: () => downloadFile(this.context, this.place, shown) } }, icon("download"))].filter(Boolean));
  }
}

/** A card that asks, or says why there is nothing to see; null where there is. */
function troubleView(card, shown) {
  const { context, place } = card, name = shown.name || nameOf(shown.path || "");
  const button = (text, deed, low = false, image = null) => el("button", { class: `tb-button${low ? " tb-ghost" : ""}`, type: "button", on: { click: deed } }, image ? icon(image) : null, text);
  const box = (mark, title, text, ...buttons) => el("div", { class: "art-trouble" }, el("div", { class: "tb-row art-trouble-title" }, mark, textEl("b", title, "art-break")), text ? el("p", { class: "tb-muted", dir: "auto", text }) : null, el("div", { class: "tb-row art-wrap" }, buttons));
  const size = shown.size === undefined ? "" : formatSize(shown.size);
  const fetch = () => downloadFile(context, place, shown);
  if (shown.kind === "ask") {
    const needs = shown.whole ? "A preview needs all of it." : "A preview needs the first 4 MB.";
    const read = !shown.whole ? button("Read first 4 MB", () => card.load({ first: true })) : shown.possible ? button(`Read all ${size}`, () => card.load({ whole: true })) : null;
    return box(icon("eye"), `${shown.path} is ${size}`, `Files over 50 MB are not read without asking. ${needs}`, read, button("Download", fetch, true));
  }
  if (shown.kind === "image" && shown.huge) {
    const memory = formatSize(shown.width * shown.height * 4);
    return box(icon("eye"), `${name} has ${groupDigits(String(shown.width))} × ${groupDigits(String(shown.height))} pixels`, `The browser needs ${memory} of memory to show it.`, button("Show it", () => card.load({ whole: true })), button("Download", fetch, true, "download"));
  }
  if (shown.kind === "broken") {
    const details = el("p", { class: "tb-small tb-muted tb-code art-break", hidden: true, dir: "auto", text: shown.details });
    const node = box(statusMark("FAILED"), `${name} cannot be read`, shown.text, shown.size === undefined ? null : button("Download as it is", () => downloadFile(context, place, shown, true), false, "download"),
      shown.raw ? button("Show as text", () => card.load({ raw: true }), true) : null,
      shown.details ? button("Details", () => { details.hidden = !details.hidden; }, true) : null);
    node.append(details);
    return node;
  }
  if (shown.kind === "empty") return box(icon("file"), `${name} is empty`, "It has no bytes.");
  if (shown.kind === "gone") return box(icon("file"), `${name} is gone`, shown.text, button("Look again", () => context.refresh(), true));
  if (shown.kind === "away") return box(icon("clock"), `${name || "The file"} could not be read`, shown.text, button("Try again", () => card.load(), false, "reset"));
  return null;
}
