import type { ReactNode } from "react";

/** On the web `followTouches` listens on the window instead. */
export function TouchListener({ children }: { readonly children: ReactNode }) {
  return children;
}
