/** Pictures can be chosen on the web only: on phones it would need the permission to read photos. */
export async function pickPicture(): Promise<
  { readonly kind: "text"; readonly text: string } | { readonly kind: "none" | "closed" }
> {
  return { kind: "closed" };
}

export const canPickPicture = false;
