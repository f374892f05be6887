// What floats over a panel: menus, dialogs and the line that offers "Undo". Put after shared.js; styles: floats.css.
// They open in the browser's top layer, so that a short output cell does not cut them off.

/** A float at an element (or rectangle); it closes on Esc and on a press elsewhere. Returns its node, with `close()`. */
function openAt(root, anchor, content, properties = {}) {
  root.querySelector(":scope > .tb-over")?.close();
  const panel = el("div", { class: "tb-over tb-float", popover: "manual", tabindex: -1, ...properties }, content);
  const before = document.activeElement;
  const outside = (event) => { if (!event.composedPath().includes(panel) && !event.composedPath().includes(anchor)) panel.close(false); };
  panel.close = (refocus = true) => {
    document.removeEventListener("pointerdown", outside, true);
    panel.remove();
    if (refocus) before?.focus?.({ preventScroll: true });
  };
  root.append(panel);
  panel.showPopover?.();
  const rect = anchor instanceof Element ? anchor.getBoundingClientRect() : anchor;
  const below = innerHeight - rect.bottom - 12, above = rect.top - 12;
  const under = panel.offsetHeight <= below || below >= above;
  const top = under ? rect.bottom + 4 : Math.max(8, rect.top - 4 - Math.min(panel.offsetHeight, above));
  panel.style.setProperty("left", `${Math.max(8, Math.min(rect.left, innerWidth - panel.offsetWidth - 8))}px`);
  panel.style.setProperty("top", `${top}px`);
  panel.style.setProperty("max-height", `${Math.max(120, under ? below : above)}px`);
  document.addEventListener("pointerdown", outside, true);
  panel.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") { event.preventDefault(); panel.close(); }
  });
  return panel;
}

/** A menu. Items: {text, icon, deed, checked, key, danger, disabled} or null for a line between groups. */
function openMenu(root, anchor, items, label) {
  const node = (item) => (item === null ? el("hr", { class: "tb-menu-line" }) : el("button", {
    class: `tb-menu-item${item.danger ? " tb-menu-danger" : ""}`, type: "button", disabled: item.disabled,
    role: item.checked === undefined ? "menuitem" : "menuitemcheckbox", "aria-checked": item.checked === undefined ? null : String(item.checked),
    on: { click: () => { menu.close(); item.deed(); } },
  }, item.icon ? icon(item.icon) : null, el("span", { class: "tb-grow tb-ellipsis", dir: "auto", text: item.text }), item.checked ? icon("check") : null, item.key ? el("kbd", { text: item.key }) : null));
  const menu = openAt(root, anchor, items.map(node), { role: "menu", "aria-label": label });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const buttons = [...menu.querySelectorAll("button:not(:disabled)")];
    const place = buttons.indexOf(document.activeElement);
    buttons[(place + (event.key === "ArrowDown" ? 1 : buttons.length - 1)) % buttons.length]?.focus();
  });
  menu.querySelector("button:not(:disabled)")?.focus();
  return menu;
}

/** A dialog that keeps the focus. `deed` may return a promise: the dialog closes when it is fulfilled and shows the
 *  sentence when it is rejected. Returns its node, with `close()`. */
function openDialog(root, { title, note = "", body = [], deedText = "", deed = null, danger = false, wide = false, foot = null }) {
  const before = document.activeElement;
  const dialog = el("dialog", { class: `tb-dialog${wide ? " tb-dialog-wide" : ""}`, "aria-label": title });
  const refused = el("p", { class: "tb-dialog-refused", role: "alert", hidden: true });
  const act = async () => {
    if (button.disabled) return;
    button.disabled = true;
    refused.hidden = true;
    try {
      await deed();
      dialog.close();
    } catch (error) {
      refused.textContent = error.message;
      refused.hidden = false;
      button.disabled = false;
    }
  };
  const button = el("button", { class: `tb-button ${danger ? "tb-danger" : "tb-primary"}`, type: "submit", text: deedText });
  const form = el("form", { class: "tb-dialog-form", method: "dialog", on: { submit: (event) => { event.preventDefault(); if (deed) act(); else dialog.close(); } } },
    el("h2", { class: "tb-dialog-title", dir: "auto", text: title }), note ? el("p", { class: "tb-muted tb-dialog-note", dir: "auto", text: note }) : null,
    el("div", { class: "tb-dialog-body" }, body), refused,
    el("div", { class: "tb-dialog-foot" }, foot, el("span", { class: "tb-grow" }),
      el("button", { class: "tb-button", type: "button", on: { click: () => dialog.close() } }, deed ? "Cancel" : "Close", el("kbd", { text: "Esc" })), deed ? button : null));
  dialog.append(form);
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => { dialog.remove(); before?.focus?.({ preventScroll: true }); });
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

const SAY_MS = 8000;

/** One line at the foot of a panel, spoken politely: what was done, with "Undo" where `undo` is given. */
function say(root, text, { undo = null, trouble = false } = {}) {
  root.querySelector(":scope > .tb-said")?.remove();
  const line = el("div", { class: `tb-said tb-float${trouble ? " tb-said-trouble" : ""}`, role: trouble ? "alert" : "status" }, el("span", { class: "tb-grow", dir: "auto", text }),
    undo ? el("button", { class: "tb-button tb-low", type: "button", on: { click: async () => { line.remove(); try { await undo(); } catch (error) { say(root, error.message, { trouble: true }); } } } }, "Undo") : null,
    el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", "aria-label": "Dismiss", title: "Dismiss", on: { click: () => line.remove() } }, icon("close")));
  root.append(line);
  if (!trouble) setTimeout(() => { if (!line.matches(":hover, :focus-within")) line.remove(); }, SAY_MS);
  return line;
}

/** A row of buttons of which one is on: segments([["step", "Step"], ...], "step", (name) => ..., "Axis"). */
function segments(choices, chosen, choose, label) {
  return el("div", { class: "tb-segments", role: "group", "aria-label": label }, choices.map(([name, text]) => el("button", {
    class: "tb-segment", type: "button", "aria-pressed": String(name === chosen), "data-name": name, on: { click: () => choose(name) },
  }, text)));
}
