/** Lets the browser keep the app, so that it opens without a network. */
export function registerServiceWorker(): void {
  if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
  addEventListener("load", () => {
    // Without it the app works as well, with a network.
    navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
  });
}
