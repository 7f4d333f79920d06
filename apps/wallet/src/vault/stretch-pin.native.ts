import { base64 } from "@scure/base";
import { hiddenPages } from "../platform/hidden-pages.ts";

/**
 * Derives 64 bytes from a PIN as `stretch-pin.ts` does: Argon2id, 46 MiB, one pass. Runs in a hidden page, which has
 * WebAssembly.
 */
export function stretchPin(pin: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const page = hiddenPages.open("stretch", "stretch", () => {
      reject(
        new Error(
          "The PIN could not be checked: the system closed the page that checks it. Try again.",
        ),
      );
    });
    page.pipe.listen((raw) => {
      page.end();
      resolve(base64.decode(String(raw)));
    });
    page.pipe.post(JSON.stringify({ pin, salt: base64.encode(salt) }));
  });
}
