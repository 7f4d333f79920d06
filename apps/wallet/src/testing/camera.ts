/*
 * Replaces `getUserMedia` for frames: a camera that shows a sheet of paper on a counter, is refused, or does not exist.
 * The machine's own camera is not touched.
 */
export function showCamera(camera: "shows" | "refused" | "none"): void {
  const getUserMedia = async (): Promise<MediaStream> => {
    if (camera === "refused") throw new DOMException("", "NotAllowedError");
    if (camera === "none") throw new DOMException("", "NotFoundError");
    return counter();
  };
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: { getUserMedia } });
}

function counter(): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 640;
  const context = canvas.getContext("2d");
  if (context === null) throw new DOMException("", "NotReadableError");
  const draw = () => {
    context.fillStyle = "#8a7f70";
    context.fillRect(0, 0, 640, 640);
    context.fillStyle = "#f4f1ea";
    context.fillRect(150, 150, 340, 340);
  };
  draw();
  // A canvas stream only has frames while something draws.
  const timer = setInterval(draw, 50);
  const stream = canvas.captureStream(20);
  stream.getVideoTracks()[0]?.addEventListener("ended", () => {
    clearInterval(timer);
  });
  return stream;
}
