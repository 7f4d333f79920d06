/** Resolves on SIGTERM or SIGINT. A second signal ends the process at once, as signals do. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}
