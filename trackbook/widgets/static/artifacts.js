// The panel of artifacts: tools, tree, and the chosen file of each run side by side.

ICONS.download = "M8 2.5v7.500M4.800 7 8 10.200 11.200 7M2.500 13.500h11";
ICONS.cube = "M8 2l5 2.800v6.400L8 14l-5-2.800V4.800zM3.200 5 8 7.700 12.800 5M8 7.700V13.800";

const MODES = [["side", "Side by side"], ["swipe", "Swipe"], ["difference", "Difference"]];
const KEPT_IMAGES = 60, STRIPS = 2, STRIP_BYTES = 2e6;

class ArtifactsView {
  constructor(model, host) {
    Object.assign(this, { model, host, urls: [], leaving: [], kept: new Map(), gone: false, raw: false, cards: [], number: 0 });
    this.root = el("section", { class: "tb tb-card art", "aria-label": "Artifacts", "data-lm-suppress-shortcuts": "true", on: { keydown: (event) => this.key(event) } });
    this.busyLine = el("div", { class: "art-busy tb-small", role: "status", hidden: true, text: "The kernel is running a cell; what is asked for now comes when it is done." });
    this.asker = new Asker(model, (busy) => { this.busyLine.hidden = !busy; });
    this.zoom = new SharedZoom(this.view().zoom || 100, (percent) => { this.zoomTool?.show(percent); this.later("zoom", Math.round(percent)); });
    this.tree = new FileTree(this, (path) => this.choose(path));
    this.tools = el("div", { class: "art-tools", role: "toolbar", "aria-label": "Artifacts" });
    this.main = el("div", { class: "art-main" });
    this.troubles = el("div", { class: "art-troubles" });
    this.root.append(this.tools, this.busyLine, this.troubles, el("div", { class: "art-split" }, this.tree.node, this.main));
    host.append(this.root);
    this.path = this.view().path || "";
    this.listen();
    this.tree.draw();
    this.drawTroubles();
    this.showFile();
    this.endTheme = followTheme(this.root, () => {});
    requestAnimationFrame(() => this.tree.reveal());
  }

  listen() {
    const on = {
      "change:tree": () => { this.tree.draw(); this.fileMayHaveChanged(); },
      "change:runs": () => { this.tree.draw(); this.runsChanged(); },
      "change:troubles": () => this.drawTroubles(),
      "change:view": () => this.viewChanged(),
    };
    for (const [event, deed] of Object.entries(on)) this.model.on(event, deed);
    this.endListening = () => { for (const [event, deed] of Object.entries(on)) this.model.off(event, deed); };
  }

  view() { return this.model.get("view") || {}; }
  set(changes) { setView(this.model, changes); }
  say(text, options) { say(this.root, text, options); }
  keep(key, answer) { this.kept.delete(key); this.kept.set(key, answer); if (this.kept.size > KEPT_IMAGES) this.kept.delete(this.kept.keys().next().value); }
  refresh() { this.asker.ask("refresh").then(() => this.showFile(), (error) => this.say(error.message, { trouble: true })); }

  /** Keep a setting once it has stood for a moment: a slider says many. */
  later(name, value) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!this.gone && this.view()[name] !== value) this.set({ [name]: value }); }, 300);
  }

  choose(path) {
    if (path === this.path) return;
    this.set({ path, step: null });
  }

  viewChanged() {
    const path = this.view().path || "";
    this.tree.draw();
    if (path !== this.path) { this.path = path; this.raw = false; this.showFile(); return; }
    if ((this.view().mode || "side") !== this.mode) this.drawCards();
  }

  runsChanged() {
    const ids = this.model.get("runs").map((run) => run.id).join(" ");
    if (ids !== this.ids) { this.kept.clear(); this.showFile(); } else for (const card of this.cards) card.drawHead();
    this.drawTools();
  }

  /** What the tree says of a path; null where it says nothing. */
  entryOf(path) {
    const above = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    const tree = this.model.get("tree");
    return tree[above]?.entries.find((entry) => entry.path === path) || this.tree.found?.entries.find((entry) => entry.path === path) || null;
  }

  fileMayHaveChanged() {
    const entry = this.entryOf(this.path), root = this.model.get("tree")[""];
    if (!this.path) { if (root && !root.entries.length !== Boolean(this.nothing)) this.showFile(); return; }
    if (entry?.mark !== this.mark) { this.kept.clear(); this.showFile(Boolean(entry)); }
  }

  drawTroubles() {
    const runs = this.model.get("runs");
    this.troubles.replaceChildren(...this.model.get("troubles").map((trouble) => el("div", { class: "art-banner", role: "alert" }, icon("clock"),
      el("span", { class: "tb-grow art-break", dir: "auto" }, el("b", { text: `The files of ${runs[trouble.run]?.name ?? "a run"} cannot be listed. ` }), trouble.text),
      el("button", { class: "tb-button tb-low", type: "button", on: { click: () => this.refresh() } }, "Try now"))));
  }

  /** Show the chosen file of each run that has it. `again`: cards stay where they are until the new bytes have come. */
  async showFile(again = false) {
    const number = ++this.number, { path } = this, entry = this.entryOf(path), runs = this.model.get("runs");
    this.ids = runs.map((run) => run.id).join(" ");
    this.mark = entry?.mark;
    this.series = null;
    this.nothing = null;
    if (!again) { this.forget(); this.cards = []; }
    if (!path || !runs.length) { this.cards = []; this.drawTools(); this.drawNothing(); return; }
    const places = entry ? entry.runs.filter((place) => place < runs.length) : runs.map((_, place) => place);
    if (entry?.steps) {
      try { await this.readSeries(path); } catch (error) { this.say(error.message, { trouble: true }); }
      if (number !== this.number || this.gone) return;
    }
    const kept = again ? this.cards.filter((card) => places.includes(card.place)) : [];
    this.cards = places.map((place) => kept.find((card) => card.place === place) || new PreviewCard(this, place, path, () => this.cardDrawn()));
    this.placeSteps();
    this.drawTools();
    this.drawCards();
    for (const card of this.cards) card.load();
  }

  async readSeries(path) {
    const { value } = await this.asker.ask("series", { path });
    const runs = new Map(value.map((one) => [one.run, new Map(one.steps)]));
    const steps = [...new Set(value.flatMap((one) => one.steps.map(([step]) => step)))].sort((one, two) => (BigInt(one) < BigInt(two) ? -1 : 1));
    this.series = { runs, steps };
  }

  /** Give each card of a series the image at the chosen step, or the last one before it. */
  placeSteps() {
    if (!this.series) return;
    const { steps, runs } = this.series, chosen = steps.includes(this.view().step) ? this.view().step : steps[steps.length - 1];
    this.step = chosen;
    for (const card of this.cards) {
      const own = [...runs.get(card.place).keys()];
      const at = own.filter((step) => BigInt(step) <= BigInt(chosen)).pop() ?? own[0];
      card.path = runs.get(card.place).get(at);
      card.step = at === chosen ? null : `step ${groupDigits(at)}`;
    }
  }

  chooseStep(step) {
    this.later("step", step);
    const before = this.cards.map((card) => card.path);
    this.model.set("view", { ...this.view(), step });
    this.placeSteps();
    this.cards.forEach((card, place) => { if (card.path !== before[place]) card.load(); else card.drawHead(); });
  }

  get pictures() {
    return this.cards.filter((card) => card.loaded?.shown.kind === "image" && !card.loaded.shown.huge);
  }

  cardDrawn() {
    const images = this.pictures.length, tools = `${images} ${this.hasText()}`;
    if (tools !== this.toolsFor) { this.toolsFor = tools; this.drawTools(); }
    if (this.mode !== "side" && images > 1) this.drawCards();
    this.drawCrumbs();
    if (!this.strips && this.cards.every((card) => card.loaded)) this.drawStrips();
  }

  drawTools() {
    const runs = this.model.get("runs"), images = this.pictures.length, count = this.cards.length;
    this.zoomTool = images ? zoomSlider(this.zoom) : null;
    const parts = [
      images > 1 ? segments(MODES, this.view().mode || "side", (mode) => { this.set({ mode }); this.drawTools(); }, "How pictures are compared") : null,
      this.zoomTool?.node, images && this.series ? el("span", { class: "art-bar-line" }) : null,
      this.series && this.series.steps.length ? stepSlider(this.series.steps, this.step, (step) => this.chooseStep(step)) : null, el("span", { class: "tb-grow" }),
      this.rawTool(),
      this.path && count ? el("button", { class: "tb-button", type: "button", title: "Copy the address of the file in each run", on: { click: () => this.copyPath() } }, icon("link"), "Copy path") : null,
      el("button", { class: "tb-button", type: "button", title: "Copy the magic that shows this", on: { click: async () => this.say((await copyText(this.model.get("code"))) ? `Copied ${this.model.get("code")}` : "The browser did not let it be copied.") } }, icon("code"), "Copy as code"),
      runs.length && (count || this.model.get("tree")[""]?.entries.length) ? el("button", { class: "tb-button", type: "button", on: { click: () => this.download() } }, icon("download"), count > 1 ? `Download ${count} as zip` : count ? "Download" : "Download all as zip") : null,
    ];
    const focused = document.activeElement?.getAttribute?.("aria-label");
    const within = this.tools.contains(document.activeElement);
    if (within && document.activeElement.type === "range") { if (this.series) return; }
    this.tools.replaceChildren(...parts.filter(Boolean));
    if (within && focused) for (const node of this.tools.querySelectorAll("[aria-label]")) if (node.getAttribute("aria-label") === focused) node.focus();
  }

  /** Whether a shown file has a text beside what it is shown as. */
  hasText() {
    return this.cards.some((card) => RAW_TOO.has(card.loaded?.shown.type));
  }

  rawTool() {
    if (!this.hasText()) return null;
    return segments([["shown", "Preview"], ["raw", "Text"]], this.raw ? "raw" : "shown", (name) => {
      this.raw = name === "raw";
      for (const card of this.cards) card.load();
      this.drawTools();
    }, "What is shown of the file");
  }

  async copyPath() {
    const runs = this.model.get("runs");
    const paths = this.cards.map((card) => (runs[card.place].id.includes(":/") ? `${runs[card.place].id}/${card.path}` : `runs:/${runs[card.place].id}/${card.path}`));
    this.say((await copyText(paths.join("\n"))) ? (paths.length > 1 ? `Copied ${paths.length} addresses.` : `Copied ${paths[0]}`) : "The browser did not let it be copied.");
  }

  download() {
    const [card] = this.cards;
    if (this.cards.length === 1 && card.loaded && card.loaded.shown.size !== undefined && !["folder", "model"].includes(card.loaded.shown.kind)) downloadFile(this, card.place, card.loaded.shown);
    else downloadZip(this, this.path, this.cards.length === 1 ? card.place : null);
  }

  drawCrumbs() {
    const parts = this.path.split("/");
    const crumbs = parts.flatMap((part, place) => [place ? el("span", { class: "tb-muted", "aria-hidden": "true", text: "/" }) : null, place < parts.length - 1
      ? el("button", { class: "art-crumb", type: "button", dir: "auto", title: part, text: part, on: { click: () => this.choose(parts.slice(0, place + 1).join("/")) } }) : textEl("b", part, "tb-ellipsis")]);
    const shas = new Set(this.cards.map((card) => card.loaded?.shown.sha)), same = this.cards.length > 1 && shas.size === 1 && [...shas][0];
    const note = same ? el("span", { class: "tb-chip tb-outline", text: `≡ identical in ${this.cards.length} runs` }) : null;
    this.crumbs.replaceChildren(...[...crumbs, el("span", { class: "tb-grow" }), note, this.pictures.length > 1 ? el("span", { class: "tb-caption tb-muted", text: "Zoom and pan move together" }) : null].filter(Boolean));
  }

  drawCards() {
    this.mode = this.view().mode || "side";
    this.crumbs ||= el("div", { class: "art-crumbs tb-small" });
    this.drawCrumbs();
    const pictures = this.pictures, compared = this.mode !== "side" && pictures.length > 1;
    const grid = compared ? el("div", { class: "art-card tb-card art-compared" }, this.compared(pictures)) : el("div", { class: "art-grid", "data-count": Math.min(3, this.cards.length) }, this.cards.map((card) => card.node));
    if (!this.cards.length) grid.append(el("p", { class: "art-note", text: "None of these runs has this file." }));
    this.main.replaceChildren(...[this.crumbs, grid, this.strips].filter(Boolean));
  }

  compared(pictures) {
    const places = pictures.map((card) => card.place);
    this.pair = this.pair && this.pair.every((place) => places.includes(place)) ? this.pair : [places[0], places[1]];
    const [left, right] = this.pair.map((place) => pictures.find((card) => card.place === place));
    const runs = pictures.map((card) => ({ place: card.place, name: card.run.name, slot: card.run.slot }));
    const image = (card) => imageNode(this, card.loaded.parts, card.loaded.shown.media, `${card.loaded.shown.name} of ${card.run.name}`);
    const note = el("span", { class: "tb-small tb-muted", role: "status" });
    const bar = pairBar(this, runs, this.pair, (pair) => { this.pair = pair; this.drawCards(); }, note);
    const body = this.mode === "swipe" ? swipeView(this, image(left), image(right), this.swipe ?? 50, (at) => { this.swipe = at; })
      : differenceView(this, image(left), image(right), (text) => { note.textContent = text; });
    return [bar, ...body];
  }

  /** The next pictures of the same folder, small: a click shows one. */
  drawStrips() {
    const above = this.path.includes("/") ? this.path.slice(0, this.path.lastIndexOf("/")) : "", tree = this.model.get("tree")[above];
    if (!this.pictures.length || this.series || !tree) return;
    const others = tree.entries.filter((entry) => entry.icon === "image" && !entry.steps && entry.path !== this.path && entry.size <= STRIP_BYTES).slice(0, STRIPS);
    const number = this.number;
    this.strips = el("div", { class: "art-strips" }, others.map((entry) => el("div", {}, el("div", { class: "art-crumbs tb-small" }, el("span", { class: "tb-muted", dir: "auto", text: above ? `${above} / ` : "" }), textEl("b", nameOf(entry.path), "tb-ellipsis")),
      el("div", { class: "art-grid", "data-count": Math.min(3, this.cards.length) }, this.cards.map((card) => this.strip(entry, card, number))))));
    this.main.append(this.strips);
  }

  strip(entry, card, number) {
    const button = el("button", { class: "art-strip tb-card", type: "button", "aria-label": `Show ${entry.path}`, disabled: !entry.runs.includes(card.place), on: { click: () => this.choose(entry.path) } });
    if (!entry.runs.includes(card.place)) { button.append(el("span", { class: "tb-small tb-muted", text: "not in this run" })); return button; }
    this.asker.ask("preview", { run: card.place, path: entry.path }).then(({ value, buffers }) => {
      if (number !== this.number || this.gone || value.kind !== "image" || !buffers.length || buffers[0].byteLength < value.size) return;
      button.append(el("img", { alt: "", draggable: "false", src: blobUrl(this, [bytesOf(buffers[0])], value.media) }));
    }, () => {});
    return button;
  }

  drawNothing() {
    const root = this.model.get("tree")[""], runs = this.model.get("runs");
    this.nothing = root && !root.entries.length && !this.model.get("troubles").length;
    this.crumbs = this.strips = null;
    if (!runs.length) { this.main.replaceChildren(this.message("No run is chosen", "Select runs in the table; their files are shown here side by side.")); return; }
    if (!this.nothing) { this.main.replaceChildren(this.message("Choose a file", runs.length > 1 ? "It is shown for each run that has it, side by side." : "Pictures, text, tables, figures, notebooks and models are shown here.")); return; }
    const code = 'import trackbook\n\ntrackbook.log_artifact("notes.txt")';
    const whose = runs.length === 1 ? runs[0].name : "these runs";
    this.main.replaceChildren(this.message(`No files in ${whose} yet`, "Put this in a cell and run it. The file appears here.", el("div", { class: "art-code" }, el("pre", { class: "tb-code", text: code }),
      el("button", { class: "tb-button tb-low", type: "button", on: { click: async () => this.say((await copyText(code)) ? "Copied." : "The browser did not let it be copied.") } }, icon("code"), "Copy"))));
  }

  message(title, text, ...more) {
    return el("div", { class: "art-nothing" }, textEl("div", title, "tb-panel-title"), el("p", { class: "tb-muted", text }), more);
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
    if (event.key === "/") { this.tree.box.focus(); event.preventDefault(); }
  }

  /** Give back what the shown file holds: addresses of bytes, charts. */
  forget() {
    for (const deed of this.leaving.splice(0)) deed();
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
    this.zoom.stages.clear();
    this.toolsFor = "";
    this.strips = this.crumbs = null;
  }

  remove() {
    this.gone = true;
    clearTimeout(this.timer);
    this.forget();
    this.endListening();
    this.endTheme();
    this.asker.remove();
  }
}

export default {
  render({ model, el: host }) {
    const view = new ArtifactsView(model, host);
    return () => view.remove();
  },
};
