/** Resolves on the first SIGTERM or SIGINT. A second signal of the same kind kills the process. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}
