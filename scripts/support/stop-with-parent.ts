/**
 * Loaded before one of our programs with `--import`. Standard input is a pipe from the parent process; its end means
 * that the parent has exited, for whatever reason. The program is then stopped as by SIGTERM, and killed if it has
 * not exited after a grace time.
 */
function stop(): void {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), 10_000).unref();
}

process.stdin.once("end", stop);
process.stdin.once("error", stop);
process.stdin.resume();
// The listener alone must not keep the process alive.
(process.stdin as unknown as { unref?: () => void }).unref?.();
