import { readPicture } from "./read-code.ts";

/**
 * Lets the person choose a picture and reads the QR code in it. `none`: it has no code; `closed`: no picture was
 * chosen.
 */
export async function pickPicture(): Promise<
  { readonly kind: "text"; readonly text: string } | { readonly kind: "none" | "closed" }
> {
  const file = await new Promise<File | null>((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/*";
    input.style.display = "none";
    input.dataset["testid"] = "scan.picture.file";
    input.addEventListener("change", () => {
      resolve(input.files?.[0] ?? null);
      input.remove();
    });
    input.addEventListener("cancel", () => {
      resolve(null);
      input.remove();
    });
    document.body.append(input);
    input.click();
  });
  if (file === null) return { kind: "closed" };
  const text = await readPicture(file);
  return text === null ? { kind: "none" } : { kind: "text", text };
}

export const canPickPicture = true;
