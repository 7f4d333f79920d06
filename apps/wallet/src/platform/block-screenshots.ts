/** Browsers cannot refuse a screenshot. */
export function useBlockScreenshots(): void {}
