import { pageBegin, pageReady } from "@satsconnect/wallet/host";
import { base64 } from "@scure/base";
import { stretch } from "./stretch-pin.ts";

/*
 * Of phones: a page of its own that stretches one PIN. React Native's engine has no WebAssembly, and takes minutes
 * without it. The page may reach nothing, and is gone when it has answered.
 */
type HostWindow = {
  readonly ReactNativeWebView?: { readonly postMessage: (text: string) => void };
};

const host = (globalThis as HostWindow).ReactNativeWebView;

function receive(event: Event): void {
  const data: unknown = event instanceof MessageEvent ? event.data : undefined;
  if (typeof data !== "string" || data.startsWith(pageBegin)) return;
  const { pin, salt } = JSON.parse(data) as { readonly pin: string; readonly salt: string };
  void stretch(pin, base64.decode(salt)).then((bytes) => {
    host?.postMessage(base64.encode(bytes));
  });
}

// Android speaks to the document, iOS to the window
document.addEventListener("message", receive);
window.addEventListener("message", receive);
host?.postMessage(pageReady);
