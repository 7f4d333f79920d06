import { base64 } from "@scure/base";
import { hiddenPages } from "../platform/hidden-pages.ts";

/** 64 bytes from a PIN, as in browsers: Argon2id, 46 MiB, one pass, in a page that has WebAssembly. */
export function stretch(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const page = hiddenPages.begin("stretch", "stretch", () => {
      reject(new Error("The PIN could not be checked: the system took its page away. Try again."));
    });
    page.pipe.listen((raw) => {
      page.end();
      resolve(base64.decode(String(raw)));
    });
    page.pipe.post(JSON.stringify({ pin, salt: base64.encode(salt) }));
  });
}
