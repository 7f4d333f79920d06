import { pino } from "pino";
import type { DestinationStream, Logger } from "pino";

export type { Logger } from "pino";

/** Fields that hold secrets or personal data. They are redacted up to three levels deep. */
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

/** Writes JSON lines to stdout. Secrets, invoices and phone numbers are redacted. */
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

/** Keeps only the fields that locate a fault: a library's error may contain the request that failed. */
function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: serializeError(error.cause) };
  return { name: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}
