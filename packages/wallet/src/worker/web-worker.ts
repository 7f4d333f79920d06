import { cloneEncoding } from "../port/encoding.ts";
import { portPipe } from "../port/port-pipe.ts";
import { runWalletWorker } from "./wallet-worker.ts";

/** The first messages that a worker gets: its session's name and port, and the core's compiled WebAssembly. */
type Boot =
  | { readonly boot: "session"; readonly session: string; readonly port: MessagePort }
  | { readonly boot: "core"; readonly module: WebAssembly.Module };

let gotCore: (module: WebAssembly.Module) => void;
const core = new Promise<WebAssembly.Module>((resolve) => (gotCore = resolve));

addEventListener("message", (event: MessageEvent) => {
  const boot = event.data as Boot;
  if (boot.boot === "core") return gotCore(boot.module);
  runWalletWorker({
    pipe: portPipe(boot.port),
    encoding: cloneEncoding(),
    session: boot.session,
    core: () => core,
  });
});
