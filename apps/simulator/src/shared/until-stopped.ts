/** Resolves on the first SIGTERM or SIGINT. A second one kills the process, because the handler runs only once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}
