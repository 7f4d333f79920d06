/** The Versioned Storage Service: its messages, and a client. Works in browsers. */
export * from "./messages.ts";
export { createVssClient } from "./client.ts";
export type { VssClient, VssClientOptions, VssFailureCode } from "./client.ts";
