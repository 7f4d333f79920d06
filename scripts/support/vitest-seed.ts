import fc from "fast-check";

/**
 * Property tests use a fixed seed, so that a failure is caused by the change under test and reproduces on every
 * machine. `FUZZ_SEED=random` (nightly) picks a new seed; a number replays one.
 */
const seed = process.env["FUZZ_SEED"] ?? "20261123";
if (seed !== "random") fc.configureGlobal({ seed: Number(seed) });
