/** Registers the service worker, so that the app opens without a network. */
export function registerServiceWorker(): void {
  if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) return;
  addEventListener("load", () => {
    // without it the app still works while there is a network
    navigator.serviceWorker.register("/service-worker.js").catch(() => undefined);
  });
}
