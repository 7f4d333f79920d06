/** A phone keeps its apps by itself. */
export function keepOnDevice(): void {}
