import { decodeBase64 } from "../port/base64.ts";
import { textEncoding } from "../port/encoding.ts";
import { pageBegin, pageReady } from "../port/greeting.ts";
import { runWalletWorker } from "./wallet-worker.ts";

/** The bridge that react-native-webview injects for messages to the app. */
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
  runWalletWorker({
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

/** Unpacks the core's WebAssembly, which the page contains as gzip in base64. */
async function unpackCore(): Promise<Uint8Array<ArrayBuffer>> {
  const element = document.querySelector("#core");
  const packed = decodeBase64(element?.textContent.trim() ?? "");
  element?.remove();
  if (packed === undefined || packed.length === 0) throw new Error("The page contains no core");
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

// Android delivers messages to the document, iOS to the window
document.addEventListener("message", receive);
window.addEventListener("message", receive);
(globalThis as HostWindow).ReactNativeWebView?.postMessage(pageReady);
