/**
 * The backup server says that there is no backup, but the watchtower knows one. Starting empty would give up the wallet's
 * channels.
 */
export class BackupWithheld extends Error {
  override readonly name = "BackupWithheld";
}

/**
 * This device has no state and the backup server cannot be reached. The wallet must not start empty: this
 * seed may have channels.
 */
export class BackupUnreachable extends Error {
  override readonly name = "BackupUnreachable";
}
