// Put into every page before its own scripts: small handles on the notebook for the tests, and a record of every badge state.
(() => {
  const panel = () => window.jupyterapp?.shell.currentWidget;
  const notebook = () => panel()?.content;
  const runs = {};

  // Any CSS color as it is painted over others: a canvas knows every notation.
  const paint = (layers) => {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    for (const layer of layers) {
      context.fillStyle = layer;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const colors = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.unshift(getComputedStyle(at).backgroundColor);
    const grounds = ["#fff", ...layers];
    return { ground: paint(grounds), ink: paint([...grounds, getComputedStyle(element).color]) };
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((byte) => byte / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  // ipykernel before 7.4 can leave a request lying until the next connection is made (ipykernel #1554): here one is made now and then.
  let stirring;
  const stir = () => {
    clearInterval(stirring);
    stirring = setInterval(() => {
      const id = panel()?.sessionContext?.session?.kernel?.id;
      if (!id) return;
      const line = new WebSocket(`ws://${location.host}/api/kernels/${id}/channels?session_id=stir-${Date.now()}`);
      setTimeout(() => line.close(), 1000);
    }, 2000);
  };

  window.tests = {
    runs,
    ready: async () => {
      await panel().context.ready;
      await panel().sessionContext.ready;
      const { kernel } = panel().sessionContext.session;
      if (kernel.name === "ipykernel72") stir();
      await kernel.requestExecute({ code: "", silent: true }).done;
    },
    // From here on a kernel before 7.4 is left as it is.
    still: () => clearInterval(stirring),
    isOpen: (name) => Boolean(notebook()?.widgets?.length) && panel().context?.path?.endsWith(name),
    // Starts a cell and returns at once; runs[key] says when it is over.
    run: (index, key) => {
      runs[key] = "running";
      notebook().activeCellIndex = index;
      notebook().deselectAll();
      window.jupyterapp.commands.execute("notebook:run-cell").then(
        () => { runs[key] = "done"; },
        (error) => { runs[key] = `error: ${error}`; },
      );
    },
    runAll: (key) => {
      runs[key] = "running";
      window.jupyterapp.commands.execute("notebook:run-all-cells").then(
        () => { runs[key] = "done"; },
        (error) => { runs[key] = `error: ${error}`; },
      );
    },
    select: (index) => { notebook().activeCellIndex = index; notebook().deselectAll(); },
    sources: () => notebook().widgets.map((cell) => cell.model.sharedModel.getSource()),
    setSource: (index, text) => notebook().widgets[index].model.sharedModel.setSource(text),
    counts: () => notebook().widgets.map((cell) => cell.model.executionCount ?? null),
    kinds: () => notebook().widgets.map((cell) => cell.model.type),
    active: () => notebook().activeCellIndex,
    save: async () => { await panel().context.save(); },
    restart: async () => { await panel().sessionContext.restartKernel(); },
    shutdown: async () => { await panel().sessionContext.shutdown(); },
    interrupt: async () => { await panel().sessionContext.session.kernel.interrupt(); },
    trusted: (index) => notebook().widgets[index].model.trusted,
    isClean: (index, having = "", without = "") => {
      const outputs = JSON.stringify(panel().context.model.toJSON().cells[index].outputs);
      const isHtml = /<figure|<video|<table/.test(outputs) && !outputs.includes("widget-view+json");
      return isHtml && outputs.includes(having) && !(without && outputs.includes(without));
    },
    contrast: (element) => {
      const [ink, ground] = [colors(element).ink, colors(element).ground].map(luminance);
      return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    },
    // A color, and the ground that an element's content stands on, as red, green and blue.
    painted: (color) => paint(["#fff", color]),
    grounds: (element) => colors(element).ground,
    // The contrast of two colors as they are painted inside an element: tokens too.
    pair: (root, ink, ground) => {
      const probe = Object.assign(document.createElement("span"), { textContent: "x" });
      Object.assign(probe.style, { color: ink, backgroundColor: ground });
      root.append(probe);
      const found = window.tests.contrast(probe);
      probe.remove();
      return found;
    },
    // What a screen reader would say: every text that came into a live region of ours, in order.
    said: [],
    theme: async (name) => { await window.jupyterapp.commands.execute("apputils:change-theme", { theme: name }); },
    states: [],
  };

  const LIVE = '.pvideo :is([role="status"], [role="alert"])';
  const spoken = new WeakMap();
  const listen = new MutationObserver((records) => {
    const targets = records.map((record) => (record.target instanceof Element ? record.target : record.target.parentElement)?.closest(LIVE));
    for (const region of new Set(targets)) {
      const text = region && !region.hidden ? region.textContent.trim() : "";
      if (!region || spoken.get(region) === text) continue;
      spoken.set(region, text);
      if (text) window.tests.said.push(text);
    }
  });
  listen.observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["hidden"] });

  // States can last for milliseconds, so they are written down as they happen: [id of the job, status].
  const note = (card, status) => {
    const states = window.tests.states;
    const id = card.dataset.id ?? "";
    const last = states.filter((state) => state[0] === id).at(-1);
    if (status && last?.[1] !== status) states.push([id, status]);
  };
  const cardsIn = (node) => {
    if (!(node instanceof Element)) return [];
    return [...(node.matches("section.pvideo-card") ? [node] : []), ...node.querySelectorAll("section.pvideo-card")];
  };
  const observer = new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes" && record.target.matches("section.pvideo-card")) {
        note(record.target, record.oldValue);
        note(record.target, record.target.dataset.status);
      }
      for (const node of record.addedNodes) for (const card of cardsIn(node)) note(card, card.dataset.status);
    }
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-status"], attributeOldValue: true });
})();
