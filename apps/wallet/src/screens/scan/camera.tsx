import { useEffect, useRef, useState } from "react";
import { View } from "react-native";
import { readDrawn } from "./read-code.ts";

export type CameraState = "asking" | "seeing" | "refused" | "none" | "failed";

type CameraProps = {
  readonly onText: (text: string) => void;
  readonly onState: (state: CameraState) => void;
  readonly label: string;
};

const everyMs = 150;
const side = 720;

/** The browser's camera: frames stay in the page and are read there. */
export function Camera({ onText, onState, label }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const tell = useRef({ onText, onState });
  tell.current = { onText, onState };

  useEffect(() => {
    let gone = false;
    let opened: MediaStream | null = null;
    const open = async () => {
      const devices = navigator.mediaDevices as MediaDevices | undefined;
      if (devices === undefined) {
        tell.current.onState("none");
        return;
      }
      tell.current.onState("asking");
      try {
        opened = await devices.getUserMedia({
          audio: false,
          video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } },
        });
      } catch (error) {
        if (!gone) tell.current.onState(stateOf(error));
        return;
      }
      if (gone) stop(opened);
      else setStream(opened);
    };
    void open();
    return () => {
      gone = true;
      if (opened !== null) stop(opened);
    };
  }, []);

  useEffect(() => {
    const element = video.current;
    if (stream === null || element === null) return;
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const canvas = document.createElement("canvas");
    element.srcObject = stream;
    const look = async () => {
      if (gone) return;
      if (element.videoWidth > 0) {
        const scale = Math.min(1, side / Math.max(element.videoWidth, element.videoHeight));
        const text = await readDrawn(
          element,
          element.videoWidth * scale,
          element.videoHeight * scale,
          canvas,
        );
        if (text !== null && stillHere()) {
          tell.current.onText(text);
          return;
        }
      }
      timer = setTimeout(() => void look(), everyMs);
    };
    const stillHere = () => !gone;
    const begin = async () => {
      try {
        await element.play();
      } catch {
        if (stillHere()) tell.current.onState("failed");
        return;
      }
      if (!stillHere()) return;
      tell.current.onState("seeing");
      await look();
    };
    void begin();
    return () => {
      gone = true;
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
