import { status } from "@grpc/grpc-js";
import { HealthCheckResponse_ServingStatus as ServingStatus } from "@satsconnect/contracts/grpc/health";
import type {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthServer,
} from "@satsconnect/contracts/grpc/health";
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from "@grpc/grpc-js";

const checkIntervalMs = 1_000;

/**
 * The standard health service, for load balancers and orchestrators (grpc/grpc `doc/health-checking.md`): SERVING while
 * the engine is ready, for the whole server and for each of its services alike.
 */
export function healthService(
  ready: () => Promise<boolean>,
  services: readonly string[],
): HealthServer {
  const known = new Set(["", ...services]);
  const currentStatus = async (): Promise<HealthCheckResponse> => ({
    status: (await ready().catch(() => false)) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING,
  });
  const check = async (
    call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
    callback: sendUnaryData<HealthCheckResponse>,
  ): Promise<void> => {
    if (!known.has(call.request.service)) {
      callback({ code: status.NOT_FOUND, details: "unknown service" });
      return;
    }
    callback(null, await currentStatus());
  };
  const watch = async (
    call: ServerWritableStream<HealthCheckRequest, HealthCheckResponse>,
  ): Promise<void> => {
    let last: ServingStatus | undefined;
    while (!call.cancelled && !call.destroyed) {
      const now = await currentStatus();
      if (now.status !== last && !call.cancelled) call.write(now);
      last = now.status;
      await new Promise((resolve) => setTimeout(resolve, checkIntervalMs).unref());
    }
  };
  return {
    check: (call, callback): void => void check(call, callback),
    watch: (call): void => {
      if (known.has(call.request.service)) void watch(call);
      else call.emit("error", { code: status.NOT_FOUND, details: "unknown service" });
    },
  };
}
