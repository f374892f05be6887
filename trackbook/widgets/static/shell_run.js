// The tab "Run": what one run is and all that was logged to it. Every logged text goes through textContent.

const toNumber = (value) => (value === null || value === undefined ? null : Number(value));

/** The details of a run as nodes; `open` opens another run. */
function runDetails(details, open) {
  return [runHead(details, open), el("div", { class: "tb-run-grid" }, metricsCard(details.metrics),
    pairsCard("Params", details.params, "This run has no params. Log one with trackbook.log_param."),
    (details.versions || []).length ? pairsCard("Registered as", details.versions, null) : null, datasetsCard(details.datasets), artifactsCard(details), pairsCard("Tags", details.tags, null))].filter(Boolean);
}

function runHead(details, open) {
  const fact = (label, ...content) => el("div", { class: "tb-fact" }, el("span", { class: "tb-caption tb-muted", text: label }), ...content);
  const copy = el("button", { class: "tb-button tb-ghost tb-low tb-square", type: "button", title: "Copy the id of the run", "aria-label": "Copy the id of the run" }, icon("copy"));
  const id = el("span", { class: "tb-row tb-run-id" }, el("code", { class: "tb-code tb-ellipsis", text: details.id, title: details.id }), copy);
  copy.addEventListener("click", () => copyFrom(details.id, copy));
  const when = el("span", { class: "tb-num", text: formatAge(details.start), title: formatMoment(details.start) });
  const ended = details.end === null ? null : formatDuration(details.end - details.start);
  return el("header", { class: "tb-run-head" },
    el("div", { class: "tb-row" }, statusMark(details.status, 20), textEl("h2", details.name, "tb-big tb-ellipsis"),
      el("span", { class: "tb-chip tb-outline", text: STATUS_WORDS[details.status] || details.status }),
      details.deleted ? el("span", { class: "tb-chip tb-outline", text: "Deleted" }) : null),
    details.note ? textEl("p", details.note, "tb-muted tb-run-note") : null,
    details.status === "LOST" ? el("p", { class: "tb-run-note", text: "Its process no longer gives a sign of life. What it logged is all here." }) : null,
    el("div", { class: "tb-facts" }, fact("Started", when), fact(ended === null ? "Running for" : "Duration", el("span", { class: "tb-num", text: ended === null ? formatDuration(Math.max(0, details.now - details.start)) : ended })),
      details.user ? fact("User", textEl("span", details.user, "tb-ellipsis")) : null,
      details.parent ? fact("Inside", el("button", { class: "tb-link tb-plain", type: "button", dir: "auto", text: details.parent.name, on: { click: () => open(details.parent.id) } })) : null,
      details.source ? fact("Source", textEl("span", details.source, "tb-ellipsis tb-source")) : null,
      fact("Run id", id)));
}

function detailsCard(title, count, className, ...content) {
  return el("section", { class: `tb-card tb-run-card ${className}`, "aria-label": title },
    el("h3", { class: "tb-run-card-title" }, title, count === null ? null : el("span", { class: "tb-chip", text: groupDigits(String(count)) })), ...content);
}

function metricsCard(metrics) {
  if (!metrics.length) return detailsCard("Metrics", 0, "tb-wide", el("p", { class: "tb-muted tb-nothing", text: 'Nothing measured yet. Log a value with trackbook.log_metric("loss", value, step=step).' }));
  const steps = metrics.some((metric) => metric.count > 1);
  const heads = ["Metric", "Last", ...(steps ? ["Min", "at step", "Max", "at step"] : []), "Points"];
  const rows = metrics.map((metric) => {
    const [last, low, high] = [metric.last, metric.min, metric.max].map(toNumber);
    const format = columnFormat([last, low, high]);
    const step = (value) => el("td", { class: "tb-right tb-muted", text: value === null ? "\u2013" : groupDigits(value) });
    const best = (goal) => (metric.goal === goal && steps ? "tb-num tb-bold" : "tb-num");
    return el("tr", {}, el("td", { class: "tb-key" }, textEl("span", metric.key)), el("td", { class: "tb-right" }, numberEl(last, format)),
      ...(steps ? [el("td", { class: "tb-right" }, numberEl(low, format, best("min"))), step(metric.min_step), el("td", { class: "tb-right" }, numberEl(high, format, best("max"))), step(metric.max_step)] : []),
      el("td", { class: "tb-right tb-muted", text: groupDigits(String(metric.count)) }));
  });
  const table = el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, heads.map((text, place) => el("th", { scope: "col", class: place ? "tb-right" : null, text })))), el("tbody", {}, rows));
  return detailsCard("Metrics", metrics.length, "tb-wide", el("div", { class: "tb-run-scroll", tabindex: "0", role: "group", "aria-label": "Metrics" }, table));
}

function pairsCard(title, pairs, nothing) {
  if (!pairs.length && nothing === null) return null;
  if (!pairs.length) return detailsCard(title, 0, "", el("p", { class: "tb-muted tb-nothing", text: nothing }));
  const rows = pairs.map(([key, value]) => el("tr", {}, el("td", { class: "tb-key tb-muted" }, textEl("span", key)), el("td", { class: "tb-value" }, textEl("span", value))));
  return detailsCard(title, pairs.length, "", el("div", { class: "tb-run-scroll", tabindex: "0", role: "group", "aria-label": title }, el("table", { class: "tb-table tb-pairs" }, el("tbody", {}, rows))));
}

function datasetsCard(datasets) {
  if (!datasets.length) return null;
  const heads = ["Data set", "Read for", "Size", "Digest", "Source"];
  const rows = datasets.map((dataset) => el("tr", {}, el("td", { class: "tb-key" }, textEl("span", dataset.name)),
    ...[dataset.context || "\u2013", dataset.size || "\u2013", dataset.digest, dataset.source].map((text) => el("td", { class: "tb-value" }, textEl("span", text)))));
  const table = el("table", { class: "tb-table" }, el("thead", {}, el("tr", {}, heads.map((text) => el("th", { scope: "col", text })))), el("tbody", {}, rows));
  return detailsCard("Data sets", datasets.length, "tb-wide", el("div", { class: "tb-run-scroll", tabindex: "0", role: "group", "aria-label": "Data sets" }, table));
}

function artifactsCard(details) {
  if (details.artifacts_trouble) return detailsCard("Artifacts", null, "", el("p", { class: "tb-nothing", dir: "auto", text: details.artifacts_trouble }));
  if (!details.artifacts.length) return detailsCard("Artifacts", 0, "", el("p", { class: "tb-muted tb-nothing", text: "No files. Log one with trackbook.log_artifact." }));
  const rows = details.artifacts.map((file) => el("li", { class: "tb-file", style: { "padding-left": `${14 + 18 * file.depth}px` } },
    icon(file.folder ? "folder" : /\.(png|jpe?g|webp|gif|svg)$/i.test(file.name) ? "image" : "file"), textEl("span", file.name, "tb-ellipsis tb-grow"),
    file.folder ? null : el("span", { class: "tb-small tb-muted tb-num", text: formatSize(file.size) })));
  const files = details.artifacts.filter((file) => !file.folder).length;
  const more = details.artifacts_more ? el("p", { class: "tb-muted tb-nothing", text: `The first ${files} files are listed.` }) : null;
  return detailsCard("Artifacts", files, "", el("ul", { class: "tb-files", tabindex: "0", "aria-label": "Artifacts" }, rows), more);
}
