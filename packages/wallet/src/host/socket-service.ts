import { hostPolicy } from "../policy.ts";
import { CallFailed } from "../port/link.ts";
import type { ServedCall } from "../port/link.ts";
import type { PortValue } from "../port/value.ts";

const drainCheckMs = 50;

/**
 * A WebSocket for the worker. Answers once it is open; the call's stream carries bytes in both directions. Written bytes
 * are reported as consumed when they have left the socket's buffer.
 */
export async function serveSocket(
  ports: {
    readonly webSocket: (url: string) => WebSocket;
    readonly mayReach: (url: string) => boolean;
  },
  url: string,
  served: ServedCall,
): Promise<PortValue> {
  if (!ports.mayReach(url))
    throw new CallFailed("url_refused", "The worker may not access this URL.");
  const socket = ports.webSocket(url);
  socket.binaryType = "arraybuffer";
  let written = 0;
  let isChecking = false;
  let isOver = false;

  const stream = served.stream({
    onBytes: (bytes) => {
      if (socket.readyState !== 1) return;
      socket.send(bytes as Uint8Array<ArrayBuffer>);
      written += bytes.length;
      drain();
    },
    onEnd: () => {
      isOver = true;
      socket.close();
    },
  });

  function drain(): void {
    // React Native's WebSocket on some phones has no bufferedAmount
    const bufferedBytes = typeof socket.bufferedAmount === "number" ? socket.bufferedAmount : 0;
    const sentBytes = written - Math.min(bufferedBytes, written);
    if (sentBytes > 0) {
      written -= sentBytes;
      stream.consumed(sentBytes);
    }
    if (written === 0 || isChecking || isOver) return;
    isChecking = true;
    setTimeout(() => {
      isChecking = false;
      drain();
    }, drainCheckMs);
  }

  socket.addEventListener("message", (event: MessageEvent) => {
    // a Lightning node sends binary frames only
    if (event.data instanceof ArrayBuffer) stream.write(new Uint8Array(event.data));
    else stream.end("text");
  });
  served.signal.addEventListener("abort", () => stream.end("aborted"), { once: true });
  await new Promise<void>((resolve, reject) => {
    const failed = (): void => {
      clearTimeout(timer);
      stream.end("closed");
      reject(new CallFailed("network", "The WebSocket could not be opened."));
    };
    const timer = setTimeout(failed, hostPolicy.socketTimeoutMs);
    socket.addEventListener("close", failed);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return null;
}
