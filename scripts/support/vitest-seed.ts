import fc from "fast-check";

/**
 * Property tests draw the same cases on every machine, so that a red run is about the change that
 * it tests. `FUZZ_SEED=random` (nightly) draws others; a number replays one.
 */
const wanted = process.env["FUZZ_SEED"] ?? "20261123";
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });
