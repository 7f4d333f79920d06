import { useEffect, useRef, useState } from "react";
import { View } from "react-native";
import { readDrawn } from "./read-code.ts";

export type CameraState = "asking" | "seeing" | "refused" | "none" | "failed";

type CameraProps = {
  readonly onText: (text: string) => void;
  readonly onState: (state: CameraState) => void;
  readonly label: string;
};

const scanIntervalMs = 150;
const maxSide = 720;

/** The browser's camera. Frames are decoded in the page and sent nowhere. */
export function Camera({ onText, onState, label }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const callbacks = useRef({ onText, onState });
  callbacks.current = { onText, onState };

  useEffect(() => {
    let isUnmounted = false;
    let opened: MediaStream | null = null;
    const open = async () => {
      const devices = navigator.mediaDevices as MediaDevices | undefined;
      if (devices === undefined) {
        callbacks.current.onState("none");
        return;
      }
      callbacks.current.onState("asking");
      try {
        opened = await devices.getUserMedia({
          audio: false,
          video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } },
        });
      } catch (error) {
        if (!isUnmounted) callbacks.current.onState(stateOf(error));
        return;
      }
      if (isUnmounted) stop(opened);
      else setStream(opened);
    };
    void open();
    return () => {
      isUnmounted = true;
      if (opened !== null) stop(opened);
    };
  }, []);

  useEffect(() => {
    const element = video.current;
    if (stream === null || element === null) return;
    let isUnmounted = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const canvas = document.createElement("canvas");
    element.srcObject = stream;
    const scan = async () => {
      if (isUnmounted) return;
      if (element.videoWidth > 0) {
        const scale = Math.min(1, maxSide / Math.max(element.videoWidth, element.videoHeight));
        const text = await readDrawn(
          element,
          element.videoWidth * scale,
          element.videoHeight * scale,
          canvas,
        );
        if (text !== null && isMounted()) {
          callbacks.current.onText(text);
          return;
        }
      }
      timer = setTimeout(() => void scan(), scanIntervalMs);
    };
    const isMounted = () => !isUnmounted;
    const begin = async () => {
      try {
        await element.play();
      } catch {
        if (isMounted()) callbacks.current.onState("failed");
        return;
      }
      if (!isMounted()) return;
      callbacks.current.onState("seeing");
      await scan();
    };
    void begin();
    return () => {
      isUnmounted = true;
      clearTimeout(timer);
      element.srcObject = null;
    };
  }, [stream]);

  return (
    <View style={{ flex: 1, minHeight: 0 }}>
      <video
        ref={video}
        aria-label={label}
        muted
        playsInline
        style={{
          position: "absolute",
          width: "100%",
          height: "100%",
          objectFit: "cover",
          background: "#000",
        }}
      />
    </View>
  );
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function stateOf(error: unknown): CameraState {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return "failed";
}
