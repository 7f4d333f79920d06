import { decodeBase64 } from "../port/base64.ts";
import { textEncoding } from "../port/encoding.ts";
import { pageBegin, pageReady } from "../port/greeting.ts";
import { runHome } from "./wallet-worker.ts";

/** What a web view gives its page for messages to the app. */
type HostWindow = {
  readonly ReactNativeWebView?: { readonly postMessage: (text: string) => void };
};

let onMessage: ((raw: unknown) => void) | undefined;

function receive(event: Event): void {
  const data: unknown = event instanceof MessageEvent ? event.data : undefined;
  if (onMessage !== undefined) return onMessage(data);
  if (typeof data !== "string" || !data.startsWith(pageBegin)) return;
  const host = (globalThis as HostWindow).ReactNativeWebView;
  if (host === undefined) return;
  runHome({
    pipe: {
      post: (raw) => host.postMessage(String(raw)),
      listen: (listener) => {
        onMessage = listener;
      },
      close: () => {
        onMessage = () => {};
      },
    },
    encoding: textEncoding(),
    session: data.slice(pageBegin.length),
    core: unpackCore,
  });
}

/** The core is a part of the page: gzip, then base64, in an element of its own. */
async function unpackCore(): Promise<Uint8Array<ArrayBuffer>> {
  const element = document.querySelector("#core");
  const packed = decodeBase64(element?.textContent.trim() ?? "");
  element?.remove();
  if (packed === undefined || packed.length === 0) throw new Error("The page has no core");
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

// Android speaks to the document, iOS to the window
document.addEventListener("message", receive);
window.addEventListener("message", receive);
(globalThis as HostWindow).ReactNativeWebView?.postMessage(pageReady);
