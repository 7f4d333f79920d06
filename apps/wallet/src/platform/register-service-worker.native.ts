/** A phone keeps its apps by itself. */
export function registerServiceWorker(): void {}
