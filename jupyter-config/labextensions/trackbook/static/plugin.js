// The plugin: the sidebar, its commands, the launcher's card and the palette's entries.

const CURVES_ICON = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M2 2h1.5v10.500H14V14H2z"/>
<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M4.600 10.900L3.500 9.900L7 6l2.600 2.100l3.500-4.600l1.200.9l-4.400 5.800l-2.700-2.200z"/></svg>`;
const OPEN_DASHBOARD = "trackbook:open-dashboard", OPEN_SIDEBAR = "trackbook:open-sidebar", SHOW_RUN = "trackbook:show-run";
const CATEGORY = "Trackbook";

/** Start; `services` are what JupyterLab provides: app, lab (its modules), shell and, where there, the rest. */
function startPlugin(services) {
  const { app, lab, shell, restorer, palette, launcher } = services;
  services.icon = new lab.icons.LabIcon({ name: "trackbook:curves", svgstr: CURVES_ICON });
  const sidebar = makeSidebar(services);
  const widget = sidebarWidget(services, sidebar);
  shell.add(widget, "left", { rank: 550, type: "Trackbook" });
  restorer?.add(widget, widget.id);
  app.commands.addCommand(OPEN_DASHBOARD, {
    label: "Trackbook dashboard", caption: "Runs, curves and models of this server's store", icon: services.icon,
    execute: (given) => openDashboard(services, sidebar.source, given),
  });
  app.commands.addCommand(OPEN_SIDEBAR, { label: "Trackbook sidebar", execute: () => { shell.activateById(widget.id); sidebar.focus(); } });
  app.commands.addCommand(SHOW_RUN, { label: "Insert a cell that shows a run", isVisible: () => false, execute: (run) => insertCell(services, showLines(run)) });
  for (const command of [OPEN_DASHBOARD, OPEN_SIDEBAR]) palette?.addItem({ command, category: CATEGORY });
  launcher?.add({ command: OPEN_DASHBOARD, category: "Other", rank: 1 });
}

/** The sidebar as a widget, which tells it whether it is in view. */
function sidebarWidget({ lab, icon: curves }, sidebar) {
  class View extends lab.widgets.Widget {
    onAfterShow() { sidebar.look(true); }
    onAfterAttach() { sidebar.look(this.isVisible); }
    onBeforeHide() { sidebar.look(false); }
    onBeforeDetach() { sidebar.look(false); }
    onActivateRequest() { sidebar.focus(); }
  }
  const widget = new View({ node: sidebar.node });
  widget.id = "trackbook-sidebar";
  Object.assign(widget.title, { caption: "Trackbook", icon: curves });
  return widget;
}
