import type { Notes } from "./key-value-store.ts";

/** Somebody whom M-Pesa paid for the holder. */
type Person = {
  readonly msisdn: string;
  /** As M-Pesa named them; null where it did not. */
  readonly name: string | null;
  /** When last, in ms since 1970. */
  readonly at: number;
};

/** Whom the holder deals with over M-Pesa. Notes like any other: sealed here, and part of the backup. */
export type People = {
  /** The number that last paid for a buy. */
  readonly own: () => Promise<string | null>;
  readonly paidWith: (msisdn: string) => Promise<void>;
  /** The latest first, at most ten. */
  readonly recipients: () => Promise<readonly Person[]>;
  readonly paidOutTo: (person: Person) => Promise<void>;
};

const ownKey = "own-number";
const prefix = "person/";
const mostShown = 10;
const mostKept = 50;

/** The people that these notes keep. */
export function openPeople(notes: Notes): People {
  async function all(): Promise<readonly Person[]> {
    const found = await notes.list(prefix);
    return found
      .map(({ value }) => JSON.parse(value) as Person)
      .toSorted((one, other) => other.at - one.at);
  }
  return {
    own: async () => (await notes.get(ownKey)) ?? null,
    async paidWith(msisdn) {
      if ((await notes.get(ownKey)) !== msisdn) await notes.put(ownKey, msisdn);
    },
    recipients: async () => (await all()).slice(0, mostShown),
    async paidOutTo(person) {
      await notes.put(prefix + person.msisdn, JSON.stringify(person));
      for (const { msisdn } of (await all()).slice(mostKept)) await notes.delete(prefix + msisdn);
    },
  };
}
