import process from "node:process";
import { z } from "zod";
import { seedDescriptors } from "./keys/seed-descriptors.ts";
import { readSecrets } from "./keys/secrets.ts";
import { configurationSchema } from "./config.ts";

/**
 * Prints output descriptors of the seed for Bitcoin Core's `importdescriptors`, with private keys: for the day on which
 * only the seed is left. Reads NETWORK, SEED_FILE and UNWRAP_COMMAND. docs/engine.md describes it.
 */
const {
  NETWORK: network,
  SEED_FILE: seedFile,
  UNWRAP_COMMAND: command,
} = configurationSchema.shape;
const parsed = z
  .object({ NETWORK: network, SEED_FILE: seedFile, UNWRAP_COMMAND: command })
  .safeParse(process.env);
if (process.stdout.isTTY) {
  process.stderr.write("The output has the node's private keys: redirect it to a private file.\n");
  process.exitCode = 2;
} else if (parsed.success) {
  const { NETWORK, SEED_FILE, UNWRAP_COMMAND } = parsed.data;
  const [seed] = await readSecrets({
    name: "SEED_FILE",
    file: SEED_FILE,
    lengths: [32, 64],
    unwrapCommand: UNWRAP_COMMAND,
  });
  if (seed !== undefined)
    process.stdout.write(`${JSON.stringify(seedDescriptors(seed, NETWORK, 0))}\n`);
} else {
  const lines = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exitCode = 2;
}
