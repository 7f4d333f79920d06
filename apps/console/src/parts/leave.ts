import { signOut } from "../client/session.ts";
import { language, setLanguage } from "../i18n/words.ts";
import { redraw } from "./navigation.ts";

/** Signs out, and shows the sign-in page. */
export async function leave(): Promise<void> {
  await signOut();
  redraw();
}

/** Changes to the other language. */
export function changeLanguage(): void {
  setLanguage(language() === "en" ? "sw" : "en");
  redraw();
}
