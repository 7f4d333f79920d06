/** Apps on phones are installed and need no service worker. */
export function registerServiceWorker(): void {}
