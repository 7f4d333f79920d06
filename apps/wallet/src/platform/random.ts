/** Browsers have a generator of their own. */
export function installRandomness(): void {}
