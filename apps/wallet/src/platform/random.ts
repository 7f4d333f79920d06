/** Browsers have a generator of their own. */
export function bringRandomness(): void {}
