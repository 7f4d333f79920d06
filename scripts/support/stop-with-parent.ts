/**
 * Loaded before one of our programs (`--import`): its standard input is a pipe from whoever started it, and the pipe's
 * end means that the starter is gone, however it went. Then the program stops as on SIGTERM, and insists after a while.
 */
function stop(): void {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.kill(process.pid, "SIGKILL"), 10_000).unref();
}

process.stdin.once("end", stop);
process.stdin.once("error", stop);
process.stdin.resume();
// Listening alone keeps no program alive.
(process.stdin as unknown as { unref?: () => void }).unref?.();
