// The dashboard in a tab of JupyterLab: the page that our server extension serves, or a cell where it does not.

const PAGE_ID = "trackbook-dashboard";
// What the page's own tokens are made of; it takes them from JupyterLab, so that every theme fits, high contrast too.
const THEME_NAMES = [
  ...["layout-color0", "layout-color1", "layout-color2", "layout-color3", "layout-color4"],
  ...["ui-font-color0", "ui-font-color1", "ui-font-color2", "ui-font-color3", "ui-inverse-font-color1"],
  ...["border-color0", "border-color1", "border-color2", "border-color3", "brand-color0", "brand-color1", "brand-color2"],
  ...["success-color1", "warn-color1", "error-color1", "accept-color-normal", "warn-color-normal"],
  ...["ui-font-family", "code-font-family", "content-font-family"],
].map((name) => `--jp-${name}`);

/** Open the page, or lead the open one to another run or experiment. */
async function openDashboard(services, source, { run = "", experiment = "" } = {}) {
  if (!(await source.hasPage())) {
    await insertCell(services, DASHBOARD_LINES, { magic: false });
    return;
  }
  const query = new URLSearchParams(Object.entries({ run, experiment }).filter(([, value]) => value));
  query.set("theme", services.themes?.theme && !services.themes.isLight(services.themes.theme) ? "dark" : "light");
  const address = `${source.settings.baseUrl}trackbook/dashboard?${query}`;
  const known = services.page;
  if (known && !known.isDisposed) {
    if (run || experiment) leadTo(known.content.node.querySelector("iframe"), address);
    services.shell.activateById(PAGE_ID);
    return;
  }
  services.page = pageTab(services, address);
  services.shell.add(services.page, "main");
  services.shell.activateById(PAGE_ID);
}

function pageTab(services, address) {
  const { lab, themes } = services;
  const frame = el("iframe", { class: "tb-lab-frame", title: "Trackbook dashboard", src: address });
  const content = new lab.widgets.Widget({ node: el("div", { class: "tb-lab-page jp-IFrame" }, frame) });
  const tab = new lab.apputils.MainAreaWidget({ content });
  tab.id = PAGE_ID;
  tab.toolbar.hide();
  Object.assign(tab.title, { label: "Trackbook", caption: "Trackbook dashboard", icon: services.icon, closable: true });
  const dress = () => takeTheme(frame);
  frame.addEventListener("load", dress);
  themes?.themeChanged.connect(dress);
  tab.disposed.connect(() => themes?.themeChanged.disconnect(dress));
  const dispose = tab.dispose.bind(tab);
  tab.dispose = () => { endKernel(frame); dispose(); };
  return tab;
}

function leadTo(frame, address) {
  endKernel(frame);
  frame.src = address;
}

/** Voila ends a page's kernel when the page is about to be left, and a frame that is taken away is never asked. */
function endKernel(frame) {
  frame.contentWindow?.dispatchEvent(new Event("beforeunload"));
}

function takeTheme(frame) {
  const inner = frame.contentDocument;
  if (!inner?.body) return;
  const style = getComputedStyle(document.body);
  for (const name of THEME_NAMES) {
    const value = style.getPropertyValue(name);
    for (const node of [inner.documentElement, inner.body]) {
      if (value) node.style.setProperty(name, value);
      else node.style.removeProperty(name);
    }
  }
  for (const name of ["data-jp-theme-name", "data-jp-theme-light"]) {
    const value = document.body.getAttribute(name);
    if (value !== null) inner.body.setAttribute(name, value);
  }
}
