/** Pictures are read on the web only: the phone's gallery would need a permission that is not worth its fright. */
export async function pickPicture(): Promise<
  { readonly how: "text"; readonly text: string } | { readonly how: "none" | "closed" }
> {
  return { how: "closed" };
}

export const canPickPicture = false;
