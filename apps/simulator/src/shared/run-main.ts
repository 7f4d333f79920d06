import { ConfigurationError } from "./environment.ts";

/** Runs a process's main function. If the configuration is invalid, prints the problems and sets exit code 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
