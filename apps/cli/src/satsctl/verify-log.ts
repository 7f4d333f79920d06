import { createHash } from "node:crypto";
import { verifyAuthenticationResponse } from "@simplewebauthn/server";
import { actChallenge, logEntryHash } from "@satsconnect/contracts/admin";
import type { LogEntry } from "@satsconnect/contracts/admin";

export type LogHead = { readonly number: number; readonly hash: string };

/** The result of a check of the log. `problems` is empty if everything holds. */
type LogCheck = {
  readonly entries: number;
  readonly approvals: number;
  readonly head: LogHead;
  readonly problems: readonly string[];
};

export type LogChecker = {
  /** Takes the next entry, in order. */
  readonly add: (entry: LogEntry) => Promise<void>;
  readonly result: () => LogCheck;
};

type Proposal = {
  readonly text: string;
  readonly by: string;
  readonly needsSecondPerson: boolean;
};

const noHash = "0".repeat(64);
const ends: ReadonlySet<string> = new Set(["executed", "refused", "declined", "expired"]);

/**
 * Checks the log from its first entry: numbers without gaps, the chain of hashes, each approval's signature over its act
 * by a passkey that its operator had enrolled, and that no act above the limit of one person was carried out without.
 * @param known a head that was written down before: the log must still contain it.
 */
export function createLogChecker(known: LogHead | null): LogChecker {
  const problems: string[] = [];
  const proposals = new Map<string, Proposal>();
  const approved = new Set<string>();
  const ended = new Set<string>();
  const enrolled = new Map<string, { readonly operator: string; readonly fingerprint: string }>();
  let head: LogHead = { number: 0, hash: noHash };
  let approvals = 0;

  function checkChain(entry: LogEntry): void {
    const name = `Entry ${entry.number}`;
    if (entry.number !== head.number + 1)
      problems.push(`${name} follows entry ${head.number}: entries are missing.`);
    if (entry.previousHash !== head.hash)
      problems.push(`${name} does not continue entry ${head.number}: one of them was changed.`);
    if (logEntryHash(entry) !== entry.hash)
      problems.push(`${name} does not have the hash of its content: it was changed.`);
    if (known?.number === entry.number && known.hash !== entry.hash)
      problems.push(`${name} is not the one that was written down: the log was rewritten.`);
  }

  async function checkApproval(entry: LogEntry, proposal: Proposal | undefined): Promise<void> {
    const name = `Entry ${entry.number}`;
    const { signature } = entry;
    if (proposal === undefined || signature === null || entry.operator === null) {
      problems.push(`${name} approves an act that was never proposed, or has no signature.`);
      return;
    }
    approvals += 1;
    if (entry.operator.id === proposal.by)
      problems.push(`${name}: ${entry.operator.name} approved an act of their own.`);
    const passkey = enrolled.get(signature.credentialId);
    if (
      passkey?.operator !== entry.operator.id ||
      passkey.fingerprint !== fingerprintOf(signature.publicKey)
    )
      problems.push(`${name}: ${entry.operator.name} never enrolled this passkey.`);
    try {
      const { verified } = await verifyAuthenticationResponse({
        response: {
          id: signature.credentialId,
          rawId: signature.credentialId,
          type: "public-key",
          clientExtensionResults: {},
          response: {
            clientDataJSON: signature.clientDataJSON,
            authenticatorData: signature.authenticatorData,
            signature: signature.signature,
          },
        },
        expectedChallenge: actChallenge(proposal.text),
        expectedOrigin: signature.origin,
        expectedRPID: signature.rpId,
        requireUserVerification: true,
        credential: {
          id: signature.credentialId,
          publicKey: new Uint8Array(Buffer.from(signature.publicKey, "base64url")),
          counter: 0,
        },
      });
      if (!verified) problems.push(`${name}: the signature does not verify.`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "it cannot be read";
      problems.push(`${name}: the signature is not over this act: ${reason}`);
    }
    approved.add(entry.actId);
  }

  return {
    add: async (entry) => {
      checkChain(entry);
      head = { number: entry.number, hash: entry.hash };
      const proposal = proposals.get(entry.actId);
      if (entry.step === "enrolled" && entry.operator !== null) {
        const { credentialId, fingerprint } = JSON.parse(entry.body) as Record<string, string>;
        if (credentialId !== undefined && fingerprint !== undefined)
          enrolled.set(credentialId, { operator: entry.operator.id, fingerprint });
      } else if (entry.step === "proposed" && entry.operator !== null) {
        const { needsSecondPerson } = JSON.parse(entry.body) as { needsSecondPerson: boolean };
        proposals.set(entry.actId, { text: entry.body, by: entry.operator.id, needsSecondPerson });
      } else if (entry.step === "approved") await checkApproval(entry, proposal);
      else if (ends.has(entry.step)) {
        if (ended.has(entry.actId)) problems.push(`Entry ${entry.number} ends an act twice.`);
        ended.add(entry.actId);
        const isAlone = proposal?.needsSecondPerson === true && !approved.has(entry.actId);
        if (entry.step === "executed" && (proposal === undefined || isAlone))
          problems.push(`Entry ${entry.number}: the act was carried out without its approval.`);
      }
    },
    result: () => ({
      entries: head.number,
      approvals,
      head,
      problems:
        known !== null && known.number > head.number
          ? [...problems, `Entry ${known.number} was written down and is missing.`]
          : problems,
    }),
  };
}

function fingerprintOf(publicKey: string): string {
  return createHash("sha256")
    .update(Buffer.from(publicKey, "base64url"))
    .digest("hex")
    .slice(0, 16);
}
