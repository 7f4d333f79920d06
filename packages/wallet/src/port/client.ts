/** For screens. Imports no Lightning code and no schemas, so it can be part of the app's first script. */
export type * from "./calls.ts";
export { sendLaterUntil } from "../policy.ts";
