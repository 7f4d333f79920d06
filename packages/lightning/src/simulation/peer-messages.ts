/* Messages that every peer sends, for peers without a node behind them. */

/** Types of messages (BOLT 1 and BOLT 7). */
export const messageType = {
  init: 16,
  ping: 18,
  pong: 19,
  channelAnnouncement: 256,
  nodeAnnouncement: 257,
  channelUpdate: 258,
  queryShortChannelIds: 261,
  replyShortChannelIdsEnd: 262,
  gossipTimestampFilter: 265,
} as const;

/**
 * `init` with the features that LDK asks of a peer (static remote keys, payment secrets, anchors, channel types) and with
 * additional feature bits.
 */
export function initMessage(additional: readonly bigint[]): Buffer {
  let bits = 0n;
  for (const bit of [1n, 9n, 13n, 15n, 17n, 23n, 45n, ...additional]) bits |= 1n << bit;
  const features = Buffer.from(bits.toString(16).padStart(12, "0"), "hex");
  const length = Buffer.alloc(2);
  length.writeUInt16BE(features.length);
  return Buffer.concat([Buffer.from([0, 16, 0, 0]), length, features]);
}

/** The answer to a ping. */
export function pongTo(message: Buffer): Buffer {
  const length = message.readUInt16BE(2);
  const pong = Buffer.alloc(4 + length);
  pong.writeUInt16BE(messageType.pong);
  pong.writeUInt16BE(length, 2);
  return pong;
}
