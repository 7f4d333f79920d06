import * as Clipboard from "expo-clipboard";
import { Share } from "react-native";
import type { Shared } from "./share.ts";

export async function shareText(title: string, text: string): Promise<Shared> {
  try {
    const answer = await Share.share({ title, message: text });
    return answer.action === Share.dismissedAction ? "closed" : "shared";
  } catch {
    return (await copyText(text)) ? "copied" : "failed";
  }
}

export async function copyText(text: string): Promise<boolean> {
  return Clipboard.setStringAsync(text);
}

export async function pasteText(): Promise<string | null> {
  return Clipboard.getStringAsync();
}

/** Shares text files only: the share sheet of React Native accepts no pictures or PDFs. */
export async function shareFile(
  name: string,
  _type: string,
  content: Uint8Array<ArrayBuffer> | string,
): Promise<Shared> {
  return typeof content === "string" ? shareText(name, content) : "failed";
}

export const canShareFiles = false;
