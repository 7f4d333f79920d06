import type { Response } from "express";
import type { ChangeNotifier, Topic } from "../world/change-notifier.ts";

const heartbeatMs = 20_000;

/** Server-sent events named `prompt`, `message` or `change`, without data. The browser reconnects after a second. */
export function openEventStream(response: Response, changes: ChangeNotifier, topic: Topic): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.write("retry: 1000\n\n");
  const stop = changes.watch(topic, (reason) => response.write(`event: ${reason}\ndata: {}\n\n`));
  const heartbeat = setInterval(() => response.write(":\n\n"), heartbeatMs);
  response.on("close", () => {
    stop();
    clearInterval(heartbeat);
  });
}
