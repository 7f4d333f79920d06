import { status } from "@grpc/grpc-js";
import type {
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
} from "@grpc/grpc-js";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` */
const serving = 1;
const notServing = 2;

type Request = { readonly service: string };
type Response = { readonly status: number };

const encode = ({ status: value }: Response): Buffer => Buffer.from([0x08, value]);
const decode = (bytes: Buffer): Response => ({ status: bytes[1] ?? 0 });

/** One optional string, field 1. What cannot be read is a service that nobody knows. */
function decodeRequest(bytes: Buffer): Request {
  if (bytes.length === 0) return { service: "" };
  const length = bytes[1] ?? 0;
  const whole = bytes[0] === 0x0a && length < 0x80 && bytes.length === length + 2;
  return { service: whole ? bytes.toString("utf8", 2) : "?" };
}

function encodeRequest({ service }: Request): Buffer {
  if (service === "") return Buffer.alloc(0);
  const name = Buffer.from(service, "utf8");
  return Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

const messages = {
  requestSerialize: encodeRequest,
  requestDeserialize: decodeRequest,
  responseSerialize: encode,
  responseDeserialize: decode,
} as const;

/** The standard health service, for load balancers and orchestrators (grpc/grpc `doc/health-checking.md`). */
export const healthServiceDefinition = {
  Check: {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    ...messages,
  },
  Watch: {
    path: "/grpc.health.v1.Health/Watch",
    requestStream: false,
    responseStream: true,
    ...messages,
  },
} as const satisfies ServiceDefinition;

const lookAgainMs = 1_000;

/** Serving as long as the engine is ready; the whole server and each of its services alike. */
export function healthService(ready: () => Promise<boolean>, services: readonly string[]) {
  const known = new Set(["", ...services]);
  const look = async (): Promise<Response> => ({
    status: (await ready().catch(() => false)) ? serving : notServing,
  });
  const check = async (
    call: ServerUnaryCall<Request, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> => {
    if (!known.has(call.request.service)) {
      callback({ code: status.NOT_FOUND, details: "unknown service" });
      return;
    }
    callback(null, await look());
  };
  const watch = async (call: ServerWritableStream<Request, Response>): Promise<void> => {
    let last = 0;
    while (!call.cancelled && !call.destroyed) {
      const now = await look();
      if (now.status !== last && !call.cancelled) call.write(now);
      last = now.status;
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs).unref());
    }
  };
  return {
    Check: (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>): void =>
      void check(call, callback),
    Watch: (call: ServerWritableStream<Request, Response>): void => {
      if (known.has(call.request.service)) void watch(call);
      else call.emit("error", { code: status.NOT_FOUND, details: "unknown service" });
    },
  };
}
