// The top bar of the page: store, how live it is, and what is done with the page as a whole.

const STALE_AFTER_MS = 15000;
const PAGE_KEYS = [
  ["Everywhere", [["Alt 1\u20265", "Runs, Curves, Compare, Artifacts, Models"], ["E", "experiments and saved views"], ["/", "filter"], ["?", "this list"], ["Esc", "close, then clear, then leave"]]],
  ["In the table of runs", [["\u2191 \u2193 J K", "move"], ["Space", "select"], ["Shift \u2191 \u2193", "extend"], ["Ctrl A", "select all"], ["Enter", "open the run"], ["\u2190 \u2192", "fold"], ["S", "sort"], ["C", "compare"], ["V", "curves"], ["T", "tag"], ["R", "rename"], ["F", "star"], ["P", "pin"], ["H", "hide"]]],
];

class TopBar {
  constructor(page) {
    this.page = page;
    this.readAt = Date.now();
    this.spot = el("span", { class: "tb-spot", "aria-hidden": "true" });
    this.liveText = el("span", { class: "tb-small tb-muted tb-num" });
    this.store = el("span", { class: "tb-muted tb-ellipsis tb-store" });
    this.deeds = el("span", { class: "tb-deeds" });
    this.titleHost = el("span", { class: "tb-title-host" });
    this.more = el("button", { class: "tb-button tb-ghost tb-square", type: "button", "aria-label": "More", title: "More", "aria-haspopup": "menu", on: { click: () => this.menu() } }, icon("dots"));
    this.node = el("header", { class: "tb-top" }, el("span", { class: "tb-logo" }, logo(), el("span", { class: "tb-logo-word", text: "Trackbook" })), this.titleHost, this.store,
      el("span", { class: "tb-grow" }), el("span", { class: "tb-live" }, this.spot, this.liveText), this.deeds, this.more);
  }

  draw() {
    const { path, short } = this.page.model.get("place");
    this.store.textContent = short || "";
    this.store.title = path || "";
    this.drawDeeds();
    this.drawLive();
  }

  drawDeeds() {
    const { allowed, why } = this.page.model.get("permission");
    const button = (name, text, deed) => el("button", { class: "tb-button tb-ghost", type: "button", on: { click: deed } }, icon(name), text);
    const first = (why || "").split(/\.\s/)[0];
    this.deeds.replaceChildren(allowed ? button("pin", "Save view", () => this.askSave()) : el("span", { class: "tb-small tb-muted tb-read-only", title: why, tabindex: "0", role: "note", "aria-label": why }, first),
      button("link", "Copy link", () => this.copyLink()), button("code", "Copy as code", () => this.copyCode(false)));
  }

  drawLive() {
    const seconds = Math.round((Date.now() - this.readAt) / 1000);
    const stale = Date.now() - this.readAt > STALE_AFTER_MS || Boolean(this.page.model.get("trouble").title);
    this.spot.classList.toggle("tb-stale", stale);
    const age = seconds < 3 ? "now" : seconds < 60 ? `${seconds} s ago` : formatAge(this.readAt);
    const text = this.page.narrow ? (stale ? `Not live, ${age}` : age) : stale ? `Not live, updated ${age}` : `Live, updated ${age}`;
    if (this.liveText.textContent !== text) this.liveText.textContent = text;
  }

  menu() {
    const { allowed } = this.page.model.get("permission");
    const items = this.page.narrow ? [{ text: "Save view\u2026", icon: "pin", disabled: !allowed, deed: () => this.askSave() }, { text: "Copy link", icon: "link", deed: () => this.copyLink() }, { text: "Copy as code", icon: "code", deed: () => this.copyCode(false) }] : [];
    openMenu(this.page.root, this.more, [...items, { text: "Copy the page as code", icon: "code", deed: () => this.copyCode(true) },
      { text: "Copy the path of the store", icon: "copy", deed: () => this.copy(this.page.model.get("place").path, "The path is copied.") },
      { text: "Read the store again", icon: "reset", deed: () => this.page.deed("again") }, null, { text: "Keys", key: "?", deed: () => this.keys() }], "More");
  }

  async copy(text, said) {
    if (await copyText(text)) say(this.page.root, said);
    else this.showText(text);
  }

  showText(text) {
    const box = el("textarea", { class: "tb-input tb-code", readonly: true, rows: 4, "aria-label": "To copy" });
    box.value = text;
    openDialog(this.page.root, { title: "Copy this", body: [box] });
    box.select();
  }

  async copyLink(name = "") {
    const answer = await this.page.deed("link", { name });
    if (!answer) return;
    if (document.body.dataset.voila) await this.copy(location.origin + location.pathname + answer.value, name ? `The link of ${name} is copied.` : "The link is copied: it opens this view.");
    else await this.copy(answer.value, "Copied. Put it after the address of your page, which trackbook ui serves.");
  }

  async copyCode(page) {
    const answer = await this.page.deed("code", { page });
    if (answer) await this.copy(answer.value, page ? "The call that shows this page is copied." : "The code that shows this is copied.");
  }

  askSave() {
    const shown = this.page.model.get("shown_view");
    const box = el("input", { class: "tb-input", value: shown, maxlength: 200, required: true, placeholder: "best of each family" });
    const taken = () => this.page.model.get("views").some((view) => view.name === box.value.trim());
    const hint = el("span", { class: "tb-small tb-muted", "aria-live": "polite" });
    const dialog = openDialog(this.page.root, {
      title: "Save view", note: "Experiment, tab, selection, columns, filter and zoom, for all who read the store.",
      body: [el("label", { class: "tb-field" }, "Name", box), hint], deedText: "Save view",
      deed: async () => {
        await this.page.asker.ask("save_view", { name: box.value.trim(), replace: taken() });
        say(this.page.root, `${box.value.trim()} is saved.`);
      },
    });
    const tell = () => { hint.textContent = taken() ? "There is a view of that name; it is replaced." : ""; dialog.querySelector("[type=submit]").textContent = taken() ? "Replace view" : "Save view"; };
    box.addEventListener("input", tell);
    tell();
    box.focus();
    box.select();
  }

  keys() {
    openDialog(this.page.root, { title: "Keys", note: "They work while the focus is in the page.", wide: true, body: PAGE_KEYS.map(([title, pairs]) => el("section", {}, el("h3", { class: "tb-small tb-medium tb-muted tb-keys-title", text: title }),
      el("dl", { class: "tb-keys" }, pairs.map(([keys, words]) => el("div", {}, el("dt", {}, el("kbd", { text: keys })), el("dd", { text: words })))))) });
  }
}
