import type { ServerResponse } from "node:http";
import type { Changes, Topic } from "../world/change-notifier.ts";
import type { Reply } from "./responses.ts";

const heartbeatMs = 20_000;

/** Server-sent events that only say that something changed. */
export function eventStream(changes: Changes, topic: Topic): Reply {
  return {
    type: "stream",
    start(response) {
      open(response);
      const stop = changes.watch(topic, (reason) =>
        response.write(`event: ${reason}\ndata: {}\n\n`),
      );
      const heartbeat = setInterval(() => response.write(":\n\n"), heartbeatMs);
      response.on("close", () => {
        stop();
        clearInterval(heartbeat);
      });
    },
  };
}

/** Starts an event stream; the browser comes back after a second when it breaks. */
function open(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.write("retry: 1000\n\n");
}
