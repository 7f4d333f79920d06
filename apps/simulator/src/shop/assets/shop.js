// Copies the invoice, and notices that it was paid without taking away what somebody has just marked.
(() => {
  const everyMs = 2_000;

  const show = () => {
    for (const button of document.querySelectorAll("[data-copied]")) button.hidden = false;
  };

  // Where pages may not write to the clipboard the marked text is copied as people do it.
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
    // Where it fails the invoice stays marked: the person can copy it.
    if (button !== null && invoice !== null) copyFor(button, invoice).catch(() => {});
  });

  const look = async () => {
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

  show();
  const timer =
    document.querySelector("main[data-state=open]") === null
      ? undefined
      : setInterval(() => {
          look().catch(() => {});
        }, everyMs);
})();
