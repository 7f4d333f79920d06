export { err, ok } from "./result.ts";
export type { Failure, Result, Retry } from "./result.ts";
