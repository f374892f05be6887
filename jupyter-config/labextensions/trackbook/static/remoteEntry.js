// What JupyterLab loads first: a container of modules, as a bundler would have made it, by hand.
// The other files are put together into one module, as trackbook.widgets.assets does for panels, when the plugin starts.

(() => {
  const PARTS = ["shared", "source", "rows", "list", "sidebar", "cells", "dashboard", "plugin"];
  const SHEETS = ["shared", "sidebar"];
  // What the plugin uses of JupyterLab, by the name that it calls it.
  const SHARED = {
    application: "@jupyterlab/application", apputils: "@jupyterlab/apputils", launcher: "@jupyterlab/launcher",
    notebook: "@jupyterlab/notebook", services: "@jupyterlab/services", icons: "@jupyterlab/ui-components",
    widgets: "@lumino/widgets",
  };
  const home = new URL(".", document.currentScript.src);
  let scope = null;

  /** A module that JupyterLab shares; null in a front end that has none of that name. */
  async function shared(name) {
    const versions = Object.values(scope?.[name] ?? {});
    const chosen = versions.find((each) => each.loaded) ?? versions[0];
    return chosen ? (await chosen.get())() : null;
  }

  async function text(name) {
    const answer = await fetch(new URL(name, home));
    if (!answer.ok) throw new Error(`Trackbook's ${name} could not be read: ${answer.status}. Install trackbook again.`);
    return answer.text();
  }

  async function parts() {
    const texts = await Promise.all(PARTS.map((name) => text(`${name}.js`)));
    const address = URL.createObjectURL(new Blob([texts.join("\n"), "\nexport { startPlugin };\n"], { type: "text/javascript" }));
    try {
      return await import(address);
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  function addSheets() {
    for (const name of SHEETS) {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = new URL(`${name}.css`, home);
      document.head.append(link);
    }
  }

  /** The plugin; it starts only in JupyterLab itself: Voila and Notebook have no such shell and need no sidebar. */
  async function plugins() {
    const lab = Object.fromEntries(await Promise.all(Object.entries(SHARED).map(async ([key, name]) => [key, await shared(name)])));
    const tokens = {
      shell: lab.application?.ILabShell, restorer: lab.application?.ILayoutRestorer, palette: lab.apputils?.ICommandPalette,
      themes: lab.apputils?.IThemeManager, launcher: lab.launcher?.ILauncher, notebooks: lab.notebook?.INotebookTracker,
    };
    const known = Object.keys(tokens).filter((key) => tokens[key]);
    if (!tokens.shell) return [];
    return [{
      id: "trackbook:sidebar",
      description: "Runs and experiments at the side, and the dashboard.",
      autoStart: true,
      requires: [],
      optional: known.map((key) => tokens[key]),
      activate: async (app, ...given) => {
        const services = Object.fromEntries(known.map((key, place) => [key, given[place]]));
        if (!services.shell) return;
        addSheets();
        (await parts()).startPlugin({ app, lab, ...services });
      },
    }];
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.trackbook = {
    init: (given) => { scope = given; },
    get: async (request) => {
      if (request !== "./extension") throw new Error(`Trackbook has no module ${request}.`);
      const found = { __esModule: true, default: await plugins() };
      return () => found;
    },
  };
})();
