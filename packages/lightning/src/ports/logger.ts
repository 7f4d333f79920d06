/** Fields of a log line. Must not contain secrets, preimages or invoices. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The node's log. A pino logger satisfies it as it is. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

const nothing = (): void => {};

/** Discards everything. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
