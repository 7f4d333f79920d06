import { acceptConfirmed } from "@satsconnect/lightning";
import { loadCore } from "@satsconnect/lightning/node";
import { World } from "@satsconnect/lightning/simulation";
import { msat, sat } from "@satsconnect/money";
import { memoryWorld } from "../testing/memory-backend.ts";
import { describeBackend } from "./conformance.ts";
import { embeddedBackend } from "./embedded-backend.ts";

const mostPayable = msat(1_000_000_000_000n);

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
    theirInvoice: async (amountMsat, expirySeconds) =>
      world.foreignInvoice({
        amountMsat,
        expirySeconds,
        // beyond what anybody can carry
        ...(amountMsat > mostPayable ? { payee: `02${"ee".repeat(32)}` } : {}),
      }),
    theyPay: async (invoice) => void world.payInvoice(invoice),
    end: async () => {},
  };
});

describeBackend("the embedded node, in a simulated network", async () => {
  const world = new World({ core: await loadCore({ prefer: "addon" }), seed: "backend" });
  const acceptChannel = acceptConfirmed({
    minimumCapacitySat: sat(100_000n),
    channelsPerPeer: 3,
  });
  const settings = { announced: true, alias: "node" };
  const ours = await world.add("ours", { policy: { acceptChannel }, settings });
  const theirs = await world.add("theirs", { policy: { acceptChannel }, settings });
  await theirs.connect(ours);
  const address = await world.must(ours.host.newAddress());
  world.chain.fund(address, sat(100_000_000n));
  world.chain.mine(1);
  await world.clock.advance(1_000);
  await world.must(
    ours.host.openChannel({
      peer: theirs.id,
      capacitySat: sat(10_000_000n),
      pushMsat: msat(5_000_000_000n),
      announced: true,
    }),
  );
  await world.clock.advance(1_000);
  world.chain.mine(6);
  await world.clock.advance(180_000);
  return {
    backend: embeddedBackend(ours.host),
    run: (work) => world.clock.during(work),
    advance: (ms) => world.clock.advance(ms),
    theirInvoice: async (amountMsat, expirySeconds) => {
      const made = await world.must(
        theirs.host.createInvoice({ amountMsat, description: "theirs", expirySeconds }),
      );
      return made.request ?? "";
    },
    theyPay: async (invoice) => {
      await world.must(theirs.host.pay({ invoice, maxFeeMsat: msat(100_000n) }));
    },
    end: async () => world.end(),
  };
});
