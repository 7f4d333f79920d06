/** What screens use of a wallet that runs in a home of its own. No Lightning, no schemas: safe to load first. */
export type * from "./calls.ts";
export { sendLaterUntil } from "../policy.ts";
