import { err, ok } from "@satsconnect/money";
import type {
  DeviceEncryption,
  DeviceEncryptionAvailability,
} from "../vault/device-encryption-types.ts";

/* Takes the place of `vault/device-seal` in the bundle of frames: whether this device has a seal is the frame's. */

let found: DeviceEncryptionAvailability = "none";

export function setDeviceEncryption(availability: DeviceEncryptionAvailability): void {
  found = availability;
}

export const deviceEncryption: DeviceEncryption = {
  availability: async () => found,
  make: async () => ok({ handle: "frame", secret: new Uint8Array(32) }),
  open: async () => err("seal_refused", "Nobody is here to say yes.", "safe"),
  forget: async () => undefined,
};
