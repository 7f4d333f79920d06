/** Reads a QR code from RGBA pixels; null where there is none. The decoder is loaded on first use. */
export async function readPixels(image: {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}): Promise<string | null> {
  const { decodeQR } = await import("qr/decode.js");
  try {
    return decodeQR(image, { format: "RGBA" });
  } catch {
    // The decoder throws where there is no code.
    return null;
  }
}

/**
 * Length of the longer side, in pixels, to which a picture is scaled first: enough for the densest invoice, and fast
 * on a small phone.
 */
const usualSide = 1_280;

/** Reads a QR code from a picture file; null where there is none, or where the file is not a picture. */
export async function readPicture(file: Blob): Promise<string | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  try {
    for (const side of [usualSide, 640, 2_560]) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const found = await readDrawn(bitmap, bitmap.width * scale, bitmap.height * scale);
      if (found !== null) return found;
    }
    return null;
  } finally {
    bitmap.close();
  }
}

/** Draws a source at a size and reads the QR code in it. */
export async function readDrawn(
  source: CanvasImageSource,
  width: number,
  height: number,
  canvas: HTMLCanvasElement = document.createElement("canvas"),
): Promise<string | null> {
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.fillStyle = "#FFFFFF";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return readPixels(context.getImageData(0, 0, canvas.width, canvas.height));
}
