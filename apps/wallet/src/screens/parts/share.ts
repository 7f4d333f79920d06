/** The result of sharing: `closed` when the person dismissed it. */
export type Shared = "shared" | "copied" | "closed" | "failed";

/** Shares text with another app; where the browser cannot, copies it to the clipboard. */
export async function shareText(title: string, text: string): Promise<Shared> {
  if (typeof navigator.share === "function") {
    try {
      await navigator.share({ title, text });
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return "closed";
    }
  }
  return (await copyText(text)) ? "copied" : "failed";
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The text in the clipboard; null where pasting is not allowed. */
export async function pasteText(): Promise<string | null> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return null;
  }
}

/** Shares a file with another app, or saves it to the downloads. */
export async function shareFile(
  name: string,
  type: string,
  content: Uint8Array<ArrayBuffer> | string,
): Promise<Shared> {
  const file = new File([content], name, { type });
  if (typeof navigator.canShare === "function" && navigator.canShare({ files: [file] })) {
    try {
      await navigator.share({ files: [file], title: name });
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return "closed";
    }
  }
  return saveFile(file);
}

function saveFile(file: File): Shared {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 30_000);
  return "shared";
}

export const canShareFiles = true;
