import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

export type { Logger } from "pino";

/** Names that hold secrets or name people, wherever they appear up to three levels deep. */
const secretNames = [
  "assertion",
  "accessToken",
  "refreshToken",
  "authorization",
  "cookie",
  "password",
  "passkey",
  "secret",
  "securityCredential",
  "SecurityCredential",
  "Password",
  "invoice",
  "preimage",
  "msisdn",
  "phoneNumber",
  "PhoneNumber",
  "PartyA",
  "PartyB",
  "CheckoutRequestID",
  "recipientName",
];

/** JSON lines on stdout; secrets, invoices and phone numbers are cut out whoever logs them. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { app: "api" },
      redact: {
        paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: "[redacted]",
      },
      serializers: { error: serializeError },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** Only what locates a fault: an error of a library can carry the request that it failed on. */
function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: serializeError(error.cause) };
  return { name: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
