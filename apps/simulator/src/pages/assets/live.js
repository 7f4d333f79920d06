// Fetches the page again when the server reports a change, and replaces its <main>.
(() => {
  const { events } = document.body.dataset;
  if (events === undefined) return;

  const isBusy = () => {
    const active = document.activeElement;
    const main = document.querySelector("main");
    return (
      main !== null &&
      main.contains(active) &&
      active instanceof HTMLElement &&
      active.matches("input, select, textarea") &&
      !("idle" in active.dataset)
    );
  };

  const redraw = async () => {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = next.querySelector("main");
    const main = document.querySelector("main");
    if (fresh === null || main === null || fresh.outerHTML === main.outerHTML) return;
    const open = new Set([...main.querySelectorAll("details[open]")].map(({ id }) => id));
    for (const details of fresh.querySelectorAll("details")) {
      if (details.id !== "" && open.has(details.id)) details.open = true;
    }
    main.replaceWith(document.importNode(fresh, true));
    document.dispatchEvent(new CustomEvent("redrawn"));
  };

  let waiting;
  const redrawSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!isBusy()) redraw().catch(() => {});
    }, 120);
  };

  const source = new EventSource(events);
  for (const reason of ["prompt", "message", "change"]) {
    source.addEventListener(reason, () => {
      const event = new CustomEvent("changed", { detail: reason, cancelable: true });
      if (document.dispatchEvent(event)) redrawSoon();
    });
  }
  // Changes may have been missed while the connection was lost.
  let opened = false;
  source.addEventListener("open", () => {
    if (opened) redrawSoon();
    opened = true;
  });
})();
