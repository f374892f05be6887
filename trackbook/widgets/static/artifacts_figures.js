// Figures of plotly and notebooks. The kernel has taken out what would load from another host.

const FIGURE_CONFIG = { displayModeBar: false, displaylogo: false, responsive: true, showLink: false, showSendToCloud: false, editable: false, sendData: false, plotlyServerURL: "about:blank", topojsonURL: "about:blank/" };

/** A figure on white, as it was logged. */
function figureView(context, shown, buffer) {
  const plot = el("div", { class: "art-figure", role: "img", "aria-label": `Figure ${shown.name || ""}` });
  const waiting = el("p", { class: "art-note", text: "Waiting for plotly …" });
  drawFigure(context, plot, waiting, buffer);
  return [noteLine(shown), waiting, plot];
}

async function drawFigure(context, plot, waiting, buffer) {
  const figure = JSON.parse(new TextDecoder().decode(bytesOf(buffer)));
  const Plotly = await plotlySlot().ready;
  if (context.gone) return;
  waiting.remove();
  const layout = { ...figure.layout, autosize: true };
  delete layout.width;
  if (!(layout.height <= 600)) delete layout.height;
  try {
    await Plotly.newPlot(plot, figure.data, layout, FIGURE_CONFIG);
    if (figure.frames.length) await Plotly.addFrames(plot, figure.frames);
    context.leaving.push(() => Plotly.purge(plot));
  } catch (error) {
    plot.replaceWith(el("p", { class: "art-note", text: "plotly cannot draw this figure. Download it, or look at its text." }));
  }
}

/** The cells of a notebook with their outputs. */
function notebookView(context, shown, buffers) {
  const cells = shown.cells.map((cell) => {
    if (cell.kind === "markdown") return el("div", { class: "art-cell art-markdown" }, markdownNodes(cell.source));
    const prompt = el("span", { class: "art-prompt tb-code tb-muted", "aria-hidden": "true", text: cell.kind === "code" ? `[${cell.count ?? " "}]` : "" });
    return el("div", { class: "art-cell" }, el("div", { class: "art-cell-source" }, prompt, el("pre", { class: "tb-code tb-grow", tabindex: "0", "aria-label": "Source", text: cell.source })),
      cell.outputs.map((output) => el("div", { class: "art-output" }, outputNodes(context, output, buffers))),
      cell.left ? el("p", { class: "art-note", text: `${cell.left} more outputs.` }) : null);
  });
  return [el("div", { class: "art-notebook", tabindex: "0", role: "group", "aria-label": shown.name }, cells, shown.left ? el("p", { class: "art-note", text: `${shown.left} more cells. Download the notebook to see all.` }) : null)];
}

function outputNodes(context, output, buffers) {
  if (output.kind === "markdown") return el("div", { class: "art-markdown" }, markdownNodes(output.text));
  if (output.kind === "figure") return figureView(context, { name: "of an output" }, buffers[output.buffer]);
  if (output.kind === "image") return el("img", { class: "art-output-image", alt: "Picture of an output", src: blobUrl(context, [bytesOf(buffers[output.buffer])], output.media) });
  if (output.kind === "page") return pageView(new TextDecoder().decode(bytesOf(buffers[output.buffer])), "HTML of an output");
  return el("pre", { class: `tb-code${output.error ? " art-error" : ""}`, dir: "auto", tabindex: "0", "aria-label": output.error ? "Error output" : "Output", text: output.text });
}
