/** Browsers have a global `crypto`. */
export function installRandomness(): void {}
