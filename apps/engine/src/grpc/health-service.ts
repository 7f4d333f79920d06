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

/** Decodes one optional string, field 1. A malformed request becomes an unknown service. */
function decodeRequest(bytes: Buffer): Request {
  if (bytes.length === 0) return { service: "" };
  const length = bytes[1] ?? 0;
  const valid = bytes[0] === 0x0a && length < 0x80 && bytes.length === length + 2;
  return { service: valid ? bytes.toString("utf8", 2) : "?" };
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

/** The standard gRPC health service (grpc/grpc `doc/health-checking.md`). */
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

const checkIntervalMs = 1_000;

/** SERVING while the engine is ready; the same for the server and each of its services. */
export function healthService(ready: () => Promise<boolean>, services: readonly string[]) {
  const known = new Set(["", ...services]);
  const currentStatus = async (): Promise<Response> => ({
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
    callback(null, await currentStatus());
  };
  const watch = async (call: ServerWritableStream<Request, Response>): Promise<void> => {
    let last = 0;
    while (!call.cancelled && !call.destroyed) {
      const now = await currentStatus();
      if (now.status !== last && !call.cancelled) call.write(now);
      last = now.status;
      await new Promise((resolve) => setTimeout(resolve, checkIntervalMs).unref());
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
