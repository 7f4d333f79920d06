import type { AdminSession } from "@satsconnect/contracts/admin";
import type { Result } from "@satsconnect/money";
import { admin } from "./admin.ts";
import { learnTime } from "./clock.ts";

let current: AdminSession | null = null;

/** The signed-in operator; null before that is known, and after signing out. */
export function session(): AdminSession | null {
  return current;
}

/** Remembers who is signed in. */
export function begin(opened: AdminSession): void {
  current = opened;
  learnTime(Date.parse(opened.time));
}

/** Forgets who is signed in. */
function forget(): void {
  current = null;
}

/** Asks the server who is signed in. Errors: `operator_required`, and those of every call. */
export async function openSession(): Promise<Result<AdminSession>> {
  const answer = await admin("whoAmI");
  if (answer.ok) begin(answer.value);
  return answer;
}

/** Ends the session on the server and here. */
export async function signOut(): Promise<void> {
  await admin("logout");
  forget();
}
