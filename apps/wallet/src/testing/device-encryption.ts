import { err, ok } from "@satsconnect/money";
import type {
  DeviceEncryption,
  DeviceEncryptionAvailability,
} from "../vault/device-encryption-types.ts";

/* Replaces `vault/device-encryption` in the bundle of frames: each frame decides whether the device offers it. */

let found: DeviceEncryptionAvailability = "none";

export function setDeviceEncryption(availability: DeviceEncryptionAvailability): void {
  found = availability;
}

export const deviceEncryption: DeviceEncryption = {
  availability: async () => found,
  create: async () => ok({ handle: "frame", secret: new Uint8Array(32) }),
  read: async () => err("seal_refused", "Frames have nobody to ask.", "safe"),
  delete: async () => undefined,
};
