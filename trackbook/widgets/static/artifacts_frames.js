// Logged HTML in a sandbox that reaches nothing, and media out of Blobs.

// The frame has no origin of ours, runs scripts only when somebody asked for it, and its policy allows what is in the
// page itself alone. It stands in a second frame of the same policy: that one forbids it to go to another address.
const FRAME_POLICY = "default-src 'none'; style-src 'unsafe-inline' data:; img-src data: blob:; font-src data:; media-src data: blob:; frame-src 'none'; "
  + "child-src 'none'; connect-src 'none'; form-action 'none'; base-uri 'none'";
const SCRIPT_POLICY = "; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; worker-src blob: data:";

function framePolicy(scripts) {
  return `<meta http-equiv="Content-Security-Policy" content="${FRAME_POLICY}${scripts ? SCRIPT_POLICY : "; script-src 'none'"}"><meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">`;
}

function attributeText(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

/** A page without what the sandbox would refuse anyway: scripts, handlers, and what lies on other hosts. */
function stillHtml(html) {
  const page = new DOMParser().parseFromString(html, "text/html"); // which runs and loads nothing
  for (const node of page.querySelectorAll("script, base, link, meta, iframe, frame, object, embed, portal")) node.remove();
  for (const node of page.querySelectorAll("*")) {
    for (const { name, value } of [...node.attributes]) {
      const loads = /^(src|srcset|poster|background|data|action|formaction|ping|(xlink:)?href)$/i.test(name);
      if (/^on/i.test(name) || (loads && !/^\s*(data:|#)/i.test(value))) node.removeAttribute(name);
    }
  }
  for (const node of page.querySelectorAll("style")) node.textContent = node.textContent.replace(/@import[^;]*;?/gi, "").replace(/url\(\s*["']?(?!data:)[^)]*\)/gi, "none");
  for (const node of page.querySelectorAll("[style*='url' i], [style*='image-set' i]")) node.removeAttribute("style");
  return page.documentElement.outerHTML;
}

/** Logged HTML in its frame. */
function sandboxFrame(html, title, scripts = false) {
  const inner = `<!doctype html><meta charset="utf-8">${framePolicy(scripts)}<style>:root{color-scheme:light;background:#fff;color:#111;font:14px/1.5 system-ui,sans-serif}</style>${scripts ? html : stillHtml(html)}`;
  const outer = `<!doctype html>${framePolicy(scripts)}<style>html,body{margin:0;height:100%;background:#fff}iframe{border:0;width:100%;height:100%;display:block}</style>`
    + `<iframe sandbox="${scripts ? "allow-scripts" : ""}" referrerpolicy="no-referrer" srcdoc="${attributeText(inner)}"></iframe>`;
  return el("iframe", { class: "art-frame", sandbox: scripts ? "allow-scripts" : "", referrerpolicy: "no-referrer", title, srcdoc: outer });
}

/** A logged page: shown still; its scripts run in the sandbox when somebody asks for that. */
function pageView(html, name) {
  const holder = el("div", { class: "art-page" }, sandboxFrame(html, name));
  const button = el("button", { class: "tb-button tb-low", type: "button", "aria-pressed": "false", on: { click: () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    holder.replaceChildren(sandboxFrame(html, name, on));
  } } }, icon("play"), "Run its scripts");
  const hasScripts = /<script|\son\w+\s*=/i.test(html);
  return [hasScripts ? el("div", { class: "art-bar" }, button, el("span", { class: "tb-small tb-muted", text: "In a sandbox without network, and without access to this page." })) : null, holder];
}

/** An address of bytes for this page, given back by `context.forget()`. */
function blobUrl(context, parts, type) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  context.urls.push(url);
  return url;
}

/** Sound, film or PDF. */
function mediaView(context, kind, parts, shown) {
  const url = blobUrl(context, parts, shown.media);
  const unable = el("p", { class: "art-note", hidden: true, text: "This browser cannot play it. Download it." });
  const failed = () => { unable.hidden = false; };
  if (kind === "audio") return [el("audio", { class: "art-audio", controls: true, src: url, "aria-label": shown.name, on: { error: failed } }), unable];
  if (kind === "video") return [el("video", { class: "art-video", controls: true, src: url, "aria-label": shown.name, on: { error: failed } }), unable];
  if (!navigator.pdfViewerEnabled) return [el("p", { class: "art-note", text: "This browser shows no PDF by itself. Download it." })];
  return [el("iframe", { class: "art-frame art-pdf", title: shown.name, referrerpolicy: "no-referrer", src: url })];
}
