// Where plotly.js waits for the panels of a page: one promise on the window, whoever comes first.

/** {ready: promise of Plotly, started: whether its bytes have come}. */
function plotlySlot() {
  if (!window.__trackbookPlotly) {
    const slot = { started: false };
    slot.ready = new Promise((resolve) => { slot.resolve = resolve; });
    window.__trackbookPlotly = slot;
  }
  return window.__trackbookPlotly;
}

/** Unpack the gzipped bundle and run it out of a Blob; a page's own Plotly and AMD loader stay untouched. */
async function installPlotly(bytes) {
  const slot = plotlySlot();
  if (slot.started) return;
  slot.started = true;
  try {
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const source = await new Response(unpacked).text();
    const head = "window.__trackbookPlotly.resolve((function(){var define,exports={},module={exports:exports};";
    const script = document.createElement("script");
    const url = URL.createObjectURL(new Blob([head, source, "\nreturn module.exports;}).call(window));"], { type: "text/javascript" }));
    script.src = url;
    script.onload = () => URL.revokeObjectURL(url);
    script.onerror = () => { slot.started = false; };
    document.head.append(script);
  } catch (error) {
    slot.started = false;
    console.error("trackbook: plotly.js could not be unpacked", error);
  }
}
