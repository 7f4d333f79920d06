import type { ReactNode } from "react";

/** A page hears of its touches itself. */
export function TouchListener({ children }: { readonly children: ReactNode }) {
  return children;
}
