import { contactPolicy } from "../policy.ts";
import type { KeyValueStore } from "./key-value-store.ts";

/** A person who was paid over M-Pesa. */
type Contact = {
  readonly msisdn: string;
  /** The name that M-Pesa gave; null if it gave none. */
  readonly name: string | null;
  /** Time of the last payment, in ms since 1970. */
  readonly at: number;
};

/** M-Pesa numbers the holder uses. Encrypted on this device and part of the backup. */
export type Contacts = {
  /** The number that last paid for a buy; null before the first buy. */
  readonly ownNumber: () => Promise<string | null>;
  readonly rememberOwnNumber: (msisdn: string) => Promise<void>;
  /** Latest first, at most ten. */
  readonly recipients: () => Promise<readonly Contact[]>;
  readonly rememberRecipient: (contact: Contact) => Promise<void>;
};

const ownKey = "own-number";
const prefix = "person/";

export function openContacts(store: KeyValueStore): Contacts {
  async function all(): Promise<readonly Contact[]> {
    const found = await store.list(prefix);
    return found
      .map(({ value }) => JSON.parse(value) as Contact)
      .toSorted((one, other) => other.at - one.at);
  }
  return {
    ownNumber: async () => (await store.get(ownKey)) ?? null,
    async rememberOwnNumber(msisdn) {
      if ((await store.get(ownKey)) !== msisdn) await store.put(ownKey, msisdn);
    },
    recipients: async () => (await all()).slice(0, contactPolicy.maxShown),
    async rememberRecipient(contact) {
      await store.put(prefix + contact.msisdn, JSON.stringify(contact));
      for (const { msisdn } of (await all()).slice(contactPolicy.maxStored))
        await store.delete(prefix + msisdn);
    },
  };
}
