import { pageBegin, pageReady } from "@satsconnect/wallet/host";
import { base64 } from "@scure/base";
import { stretchPin } from "./stretch-pin.ts";

/*
 * The hidden page in which phones stretch one PIN. React Native's engine has no WebAssembly, and without it
 * stretching takes minutes. The page has no network access and is closed after its answer.
 */
type HostWindow = {
  readonly ReactNativeWebView?: { readonly postMessage: (text: string) => void };
};

const host = (globalThis as HostWindow).ReactNativeWebView;

function receive(event: Event): void {
  const data: unknown = event instanceof MessageEvent ? event.data : undefined;
  if (typeof data !== "string" || data.startsWith(pageBegin)) return;
  const { pin, salt } = JSON.parse(data) as { readonly pin: string; readonly salt: string };
  void stretchPin(pin, base64.decode(salt)).then((bytes) => {
    host?.postMessage(base64.encode(bytes));
  });
}

// Android dispatches messages on the document, iOS on the window
document.addEventListener("message", receive);
window.addEventListener("message", receive);
host?.postMessage(pageReady);
