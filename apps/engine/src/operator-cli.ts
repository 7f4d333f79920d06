import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { connectEngine } from "@satsconnect/contracts/grpc";
import type { EngineClient } from "@satsconnect/contracts/grpc";
import type { Result } from "@satsconnect/money";
import { runCommand, usage } from "./operator-commands.ts";

/** The operator's command line: `node apps/engine/src/operator-cli.ts COMMAND`. docs/engine.md describes it. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: true,
    options: {
      amount: { type: "string" },
      all: { type: "boolean" },
      "sat-per-vbyte": { type: "string" },
      blocks: { type: "string" },
      "max-fee": { type: "string" },
      key: { type: "string" },
      force: { type: "boolean" },
      waiting: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true || positionals.length === 0) {
    process.stdout.write(usage);
    return values.help === true ? 0 : 2;
  }
  const engine = connect();
  try {
    const result: Result<string> = await runCommand(engine, positionals, values);
    if (result.ok) {
      process.stdout.write(`${result.value}\n`);
      return 0;
    }
    const { code, message, retry } = result.error;
    process.stderr.write(`FAILED: ${message} (${code}, retry: ${retry})\n`);
    return 1;
  } finally {
    engine.close();
  }
}

function connect(): EngineClient {
  const variable = (name: string): string => {
    const value = process.env[name];
    if (value === undefined || value === "") throw new Error(`Set ${name}; see docs/engine.md.`);
    return value;
  };
  return connectEngine(variable("ENGINE_ADDRESS"), {
    authority: readFileSync(variable("ENGINE_TLS_CA")),
    certificate: readFileSync(variable("OPERATOR_TLS_CERT")),
    key: readFileSync(variable("OPERATOR_TLS_KEY")),
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
