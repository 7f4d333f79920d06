import type { Pipe } from "./link.ts";

/** A pipe over a MessagePort: what cannot be read arrives as undefined, and ends the link. */
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
