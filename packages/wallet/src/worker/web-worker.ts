import { cloneEncoding } from "../port/encoding.ts";
import { portPipe } from "../port/port-pipe.ts";
import { runWalletWorker } from "./wallet-worker.ts";

/** The first messages that a worker gets: its session's name and port, and the core's compiled WebAssembly. */
type BootMessage =
  | { readonly boot: "session"; readonly session: string; readonly port: MessagePort }
  | { readonly boot: "core"; readonly module: WebAssembly.Module };

let resolveCore: (module: WebAssembly.Module) => void;
const core = new Promise<WebAssembly.Module>((resolve) => (resolveCore = resolve));

addEventListener("message", (event: MessageEvent) => {
  const message = event.data as BootMessage;
  if (message.boot === "core") return resolveCore(message.module);
  runWalletWorker({
    pipe: portPipe(message.port),
    encoding: cloneEncoding(),
    session: message.session,
    core: () => core,
  });
});
