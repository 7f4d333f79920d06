import { encodeQR } from "qr";

/**
 * From this length on, a code has the lowest error correction: on a screen nothing covers or scratches it, and larger
 * modules help a cheap camera more.
 */
const longText = 120;

/** The modules of a QR code, without its quiet zone; true is dark. */
export function qrModules(text: string): readonly (readonly boolean[])[] {
  const ecc = text.length < longText ? "medium" : "low";
  // the encoder adds a border of at least one module
  return encodeQR(text, "raw", { ecc, border: 1 })
    .slice(1, -1)
    .map((row) => row.slice(1, -1));
}
