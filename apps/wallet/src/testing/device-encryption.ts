import { err, ok } from "@satsconnect/money";
import type { DeviceSeal, SealAvailability } from "../vault/device-encryption-types.ts";

/* Takes the place of `vault/device-seal` in the bundle of frames: whether this device has a seal is the frame's. */

let found: SealAvailability = "none";

export function setSeal(availability: SealAvailability): void {
  found = availability;
}

export const deviceSeal: DeviceSeal = {
  availability: async () => found,
  make: async () => ok({ handle: "frame", secret: new Uint8Array(32) }),
  open: async () => err("seal_refused", "Nobody is here to say yes.", "safe"),
  forget: async () => undefined,
};
