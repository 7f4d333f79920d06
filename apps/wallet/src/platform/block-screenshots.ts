/** Browsers cannot refuse a screenshot. */
export function useNoPictures(): void {}
