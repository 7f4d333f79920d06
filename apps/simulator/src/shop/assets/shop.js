// Copies the invoice. Polls the page, and replaces its content only once the order's state changes, so that a text
// selection is kept until then.
(() => {
  const everyMs = 2_000;

  const showButtons = () => {
    for (const button of document.querySelectorAll("[data-copied]")) button.hidden = false;
  };

  // Without the clipboard API, copies the selection instead.
  const copy = async (text) => {
    if (navigator.clipboard === undefined) return document.execCommand("copy");
    await navigator.clipboard.writeText(text);
    return true;
  };

  const copyFor = async (button, invoice) => {
    invoice.select();
    if (await copy(invoice.value)) button.textContent = button.dataset.copied;
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copied]") : null;
    const invoice = document.querySelector("textarea");
    // If copying fails, the invoice stays selected and can be copied by hand.
    if (button !== null && invoice !== null) copyFor(button, invoice).catch(() => {});
  });

  const refresh = async () => {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok) return;
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = next.querySelector("main");
    const main = document.querySelector("main");
    if (fresh === null || main === null || fresh.dataset.state === main.dataset.state) return;
    clearInterval(timer);
    document.title = next.title;
    main.replaceWith(document.importNode(fresh, true));
  };

  showButtons();
  const timer =
    document.querySelector("main[data-state=open]") === null
      ? undefined
      : setInterval(() => {
          refresh().catch(() => {});
        }, everyMs);
})();
