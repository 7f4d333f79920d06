/*
 * A camera for frames: it sees a counter with a paper on it, or is refused, or is not there. Whatever device the
 * machine has is left alone.
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
  // A stream of a canvas only has pictures while somebody draws.
  const timer = setInterval(draw, 50);
  const stream = canvas.captureStream(20);
  stream.getVideoTracks()[0]?.addEventListener("ended", () => {
    clearInterval(timer);
  });
  return stream;
}
