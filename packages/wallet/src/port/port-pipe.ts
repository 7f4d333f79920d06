import type { Pipe } from "./link.ts";

/** A pipe over a MessagePort. A message that cannot be deserialised arrives as undefined, and the link refuses it. */
export function portPipe(port: MessagePort): Pipe {
  return {
    post: (raw) => port.postMessage(raw),
    listen(onMessage) {
      port.addEventListener("message", (event) => onMessage(event.data));
      port.addEventListener("messageerror", () => onMessage(undefined));
      port.start();
    },
    close: () => port.close(),
  };
}
