import type { Result } from "@satsconnect/money";

/**
 * `none`: this device offers apps no such key store. `not_here`: it may, but not at this address (browsers bind
 * credentials to a domain name, and give none to an IP address).
 */
export type DeviceEncryptionAvailability = "ready" | "none" | "not_here";

/**
 * `seal_refused`: the person declined or the prompt timed out. `seal_lost`: the secret no longer exists on this device.
 * `seal_unavailable`: this device or browser cannot store one.
 */
export type DeviceEncryptionErrorCode = "seal_refused" | "seal_lost" | "seal_unavailable";

export type DeviceSecret = {
  /** Stored in clear, to ask for the secret again. Reveals nothing about the secret. */
  readonly handle: string;
  /** 32 bytes, the same each time. */
  readonly secret: Uint8Array;
};

/**
 * Encryption under a secret that this device releases only after a fingerprint, face or screen-lock check: the
 * browser's authenticator (WebAuthn with the PRF extension) or the phone's key store. `device-encryption.ts` implements
 * it for browsers, `device-encryption.native.ts` for phones; both export `deviceEncryption`.
 */
export type DeviceEncryption = {
  readonly availability: () => Promise<DeviceEncryptionAvailability>;
  /** Creates a secret. Prompts the person. */
  readonly create: () => Promise<Result<DeviceSecret, DeviceEncryptionErrorCode>>;
  /** Reads the secret behind a handle. Prompts the person each time. */
  readonly read: (handle: string) => Promise<Result<Uint8Array, DeviceEncryptionErrorCode>>;
  /** Deletes the secret if this device lets an app do so. */
  readonly delete: (handle: string) => Promise<void>;
};
