import { loadCore } from "@satsconnect/lightning/nodejs";
import { World, addOperator, openPublicChannel } from "@satsconnect/lightning/simulation";
import { msat } from "@satsconnect/money";
import { memoryWorld } from "../testing/memory-backend.ts";
import { describeBackend } from "./conformance.ts";
import { embeddedBackend } from "./embedded-backend.ts";

const maxPayable = msat(1_000_000_000_000n);

describeBackend("in memory", async () => {
  let now = Date.UTC(2026, 0, 1);
  const world = memoryWorld(() => now);
  return {
    backend: world.backend,
    run: (work) => work,
    advance: async (ms) => {
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    foreignInvoice: async (amountMsat, expirySeconds) =>
      world.foreignInvoice({
        amountMsat,
        expirySeconds,
        // A payee to which there is no route.
        ...(amountMsat > maxPayable ? { payee: `02${"ee".repeat(32)}` } : {}),
      }),
    payFromOutside: async (invoice) => void world.payInvoice(invoice),
    end: async () => {},
  };
});

describeBackend("the embedded node, in a simulated network", async () => {
  const world = new World({ core: await loadCore({ prefer: "addon" }), seed: "backend" });
  const { lsp: ours, merchant: theirs } = await addOperator(world);
  await openPublicChannel(world, ours, theirs);
  return {
    backend: embeddedBackend(ours.host),
    run: (work) => world.clock.during(work),
    advance: (ms) => world.clock.advance(ms),
    foreignInvoice: async (amountMsat, expirySeconds) => {
      const made = await world.expectOk(
        theirs.host.createInvoice({ amountMsat, description: "theirs", expirySeconds }),
      );
      return made.request ?? "";
    },
    payFromOutside: async (invoice) => {
      await world.expectOk(theirs.host.pay({ invoice, maxFeeMsat: msat(100_000n) }));
    },
    end: async () => world.crashAll(),
  };
});
