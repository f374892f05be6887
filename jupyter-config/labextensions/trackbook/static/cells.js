// Puts cells into the notebook in view. What runs there is our own line with a run's id; a name appears in a comment only.

const LOADS = /^\s*%(?:re)?load_ext\s+trackbook\b/m;

/** A name as a comment can bear it: one line, no sign that could end it. */
function commentOf(text) {
  return text.replace(/[^\p{L}\p{N} ._()+=,-]+/gu, " ").trim().slice(0, 80);
}

/** The lines that show a run. */
function showLines(run) {
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(run.id)) throw new Error("The id of this run cannot stand in a cell.");
  return `# ${commentOf(`${run.name}, ${run.experiment}`)}\n%track_show ${run.id}`;
}

/** The lines that start a run. */
const START_LINES = `%track_start first-try
from trackbook import log_metric
for step in range(1, 21):
    log_metric("loss", 1 / step, step=step)`;

/** The lines that show the dashboard, where the server does not. */
const DASHBOARD_LINES = "from trackbook.dashboard import Dashboard\nDashboard()";

/** The notebook in view, or a new one. */
async function notebookInView({ app, notebooks, shell }) {
  const current = notebooks?.currentWidget;
  if (current && !current.isDisposed) return current;
  const specs = app.serviceManager.kernelspecs;
  await specs.ready;
  const made = await app.commands.execute("notebook:create-new", { kernelName: specs.specs?.default });
  await made.revealed;
  await made.sessionContext.ready;
  shell.activateById(made.id);
  return made;
}

/** Put a cell below the active one, or into it if it is empty; `%load_ext trackbook` comes first where no cell has it. */
async function insertCell(services, lines, { run = true, magic = true } = {}) {
  const panel = await notebookInView(services);
  await panel.context.ready;
  const content = panel.content, model = content.model.sharedModel;
  const loads = model.cells.some((cell) => cell.cell_type === "code" && LOADS.test(cell.getSource()));
  const source = magic && !loads ? `%load_ext trackbook\n${lines}` : lines;
  const active = model.cells[content.activeCellIndex];
  if (active?.cell_type === "code" && !active.getSource().trim()) {
    active.setSource(source);
  } else {
    const place = Math.min(content.activeCellIndex + 1, model.cells.length);
    model.insertCell(place, { cell_type: "code", source, metadata: {} });
    content.activeCellIndex = place;
  }
  content.deselectAll();
  if (!run || !(await speaksPython(services, panel))) return;
  if (magic && loads) loadAgain(panel);
  await services.lab.notebook.NotebookActions.run(content, panel.sessionContext);
}

/** The notebook says that it loads our magics, but its kernel may have been restarted since. */
function loadAgain(panel) {
  const kernel = panel.sessionContext.session?.kernel;
  kernel?.requestExecute({ code: "%load_ext trackbook", silent: true, store_history: false, stop_on_error: false });
}

async function speaksPython({ app }, panel) {
  await panel.sessionContext.ready;
  const name = panel.sessionContext.session?.kernel?.name;
  const specs = app.serviceManager.kernelspecs;
  await specs.ready;
  return name !== undefined && specs.specs?.kernelspecs[name]?.language === "python";
}
