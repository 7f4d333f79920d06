/** Browsers cannot block screenshots. */
export function useBlockScreenshots(): void {}
