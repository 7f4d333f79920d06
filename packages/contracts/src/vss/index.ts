/** Versioned Storage Service (VSS): messages and client. Runs in browsers. */
export * from "./messages.ts";
export { createVssClient } from "./client.ts";
export type { VssClient, VssClientOptions, VssFailureCode } from "./client.ts";
