import type { ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { err } from "@satsconnect/money";
import type { Result } from "@satsconnect/money";

const undecodable = new WeakSet<object>();

/**
 * The same service, whose handlers also get requests that are not messages of their type: as empty messages that
 * `decoded` refuses. grpc-js itself would answer INTERNAL with the parser's error, before a handler can see who calls.
 */
export function decodingService<Service extends ServiceDefinition<UntypedServiceImplementation>>(
  service: Service,
): Service {
  const methods = Object.entries(service).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      try {
        return method.requestDeserialize(bytes) as object;
      } catch {
        const empty = method.requestDeserialize(Buffer.alloc(0)) as object;
        undecodable.add(empty);
        return empty;
      }
    };
    return [name, { ...method, requestDeserialize }];
  });
  return Object.fromEntries(methods) as Service;
}

/** Refuses a request that was not a message of its type. */
export function decoded(request: unknown): Result<void, "invalid_request"> {
  return typeof request === "object" && request !== null && undecodable.has(request)
    ? err("invalid_request", "The request is not a message of the method's type.", "never")
    : { ok: true, value: undefined };
}
