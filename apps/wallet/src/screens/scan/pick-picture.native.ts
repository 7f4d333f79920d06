/** Pictures can be chosen on the web only: on phones it would need the permission to read photos. */
export async function pickPicture(): Promise<
  { readonly how: "text"; readonly text: string } | { readonly how: "none" | "closed" }
> {
  return { how: "closed" };
}

export const canPickPicture = false;
