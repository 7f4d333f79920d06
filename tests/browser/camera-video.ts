import { encodeQR } from "qr";

const width = 640;
const height = 480;

/** A video of a QR code with this text, in the format of Chromium's fake camera (YUV4MPEG2, 4:2:0). */
export function cameraVideo(text: string): Uint8Array {
  const code = encodeQR(text, "raw", { ecc: "low", border: 4 });
  const scale = Math.floor(height / code.length);
  const left = Math.floor((width - code.length * scale) / 2);
  const top = Math.floor((height - code.length * scale) / 2);
  const light = new Uint8Array(width * height).fill(235);
  for (const [row, cells] of code.entries()) {
    for (const [column, dark] of cells.entries()) {
      if (!dark) continue;
      for (let y = 0; y < scale; y += 1) {
        const start = (top + row * scale + y) * width + left + column * scale;
        light.fill(16, start, start + scale);
      }
    }
  }
  const colors = new Uint8Array((width * height) / 2).fill(128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), light, colors]);
  return Buffer.concat([
    Buffer.from(`YUV4MPEG2 W${String(width)} H${String(height)} F10:1 Ip A1:1 C420jpeg\n`),
    frame,
    frame,
  ]);
}
