import type { Transport } from "../ports/transport.ts";

/** A transport that uses the first of these that supports an address. */
export function anyTransport(...transports: readonly Transport[]): Transport {
  const find = (address: string): Transport | undefined =>
    transports.find((transport) => transport.supports(address));
  return {
    supports: (address) => find(address) !== undefined,
    async connect(address, signal) {
      const transport = find(address);
      if (transport !== undefined) return transport.connect(address, signal);
      return {
        ok: false,
        error: {
          code: "address_unsupported",
          message: `No transport supports the address “${address.slice(0, 80)}”.`,
          retry: "never",
        },
      };
    },
  };
}
