import { connect } from "node:net";
import type { Socket } from "node:net";

const greetingLength = 64;
const retryMs = 1_000;

/** ZMTP 3.0 greeting with the NULL mechanism (RFC 23/ZMTP): signature, version, mechanism, as-server 0, padding. */
function greeting(): Buffer {
  const bytes = Buffer.alloc(greetingLength);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.write("NULL", 12, "latin1");
  return bytes;
}

function frame(flags: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([flags, body.length]), body]);
}

/** The READY command of a SUB socket. */
function ready(): Buffer {
  const name = Buffer.from("\x05READY", "latin1");
  const property = Buffer.concat([
    Buffer.from("\x0bSocket-Type", "latin1"),
    Buffer.from([0, 0, 0, 3]),
    Buffer.from("SUB", "latin1"),
  ]);
  return frame(4, Buffer.concat([name, property]));
}

/** Reads the frame at the start of the bytes; null when it is not complete yet. @throws RangeError when too large. */
function readFrame(
  bytes: Buffer,
): { readonly total: number; readonly body: Buffer; readonly command: boolean } | null {
  const flags = bytes[0];
  if (flags === undefined) return null;
  const long = (flags & 2) !== 0;
  const header = long ? 9 : 2;
  if (bytes.length < header) return null;
  const length = long ? Number(bytes.readBigUInt64BE(1)) : (bytes[1] ?? 0);
  if (length > 64 * 1024 * 1024) throw new RangeError("The ZMTP frame is larger than any block");
  if (bytes.length < header + length) return null;
  return {
    total: header + length,
    body: bytes.subarray(header, header + length),
    command: (flags & 4) !== 0,
  };
}

/**
 * Subscribes to a ZeroMQ publisher (ZMTP 3.0, NULL) and calls `onMessage` for each message of the topic until the
 * signal aborts. Reconnects when the connection is lost; messages sent meanwhile are missed, so callers must also
 * poll.
 */
export function subscribeZmq(
  url: string,
  topic: string,
  onMessage: () => void,
  signal: AbortSignal,
): void {
  const { hostname, port } = new URL(url.replace("tcp://", "http://"));
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;

  function open(): void {
    if (signal.aborted) return;
    let pending = Buffer.alloc(0);
    let greeted = false;
    const current = connect(Number(port), hostname);
    socket = current;
    current.on("connect", () => current.write(greeting()));
    current.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      if (!greeted) {
        if (pending.length < greetingLength) return;
        greeted = true;
        pending = pending.subarray(greetingLength);
        current.write(ready());
        // Before ZMTP 3.1, a subscription is a message that starts with byte 1.
        current.write(frame(0, Buffer.concat([Buffer.from([1]), Buffer.from(topic, "latin1")])));
      }
      try {
        for (let next = readFrame(pending); next !== null; next = readFrame(pending)) {
          const { body, command } = next;
          if (!command && body.toString("latin1") === topic) onMessage();
          pending = pending.subarray(next.total);
        }
      } catch {
        current.destroy();
      }
    });
    current.on("error", () => {});
    current.on("close", () => {
      if (!signal.aborted) retry = setTimeout(open, retryMs);
    });
  }

  signal.addEventListener("abort", () => {
    clearTimeout(retry);
    socket?.destroy();
  });
  open();
}
