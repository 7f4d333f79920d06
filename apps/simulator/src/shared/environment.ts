import { z } from "zod";

/** `host:port`; an IPv6 host is written in brackets. */
export const listenAddress = z
  .string()
  .regex(/^(\[[0-9a-f:]+\]|[^:]+):\d{1,5}$/, { error: "must be host:port" })
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return {
      host: text.slice(0, colon).replaceAll(/[[\]]/g, ""),
      port: Number(text.slice(colon + 1)),
    };
  });

export const logLevel = z
  .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
  .default("info");

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(problems: readonly string[]) {
    super(
      `The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    );
  }
}

/** @throws ConfigurationError naming every variable that is missing or invalid, never its value. */
export function readEnvironment<Schema extends z.ZodType>(
  schema: Schema,
  environment: Environment,
): z.output<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? "");
      return environment[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`;
    }),
  );
}
