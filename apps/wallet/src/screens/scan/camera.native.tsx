import { CameraView, useCameraPermissions } from "expo-camera";
import { useEffect, useRef } from "react";
import { View } from "react-native";
import type { CameraState } from "./camera.tsx";

type CameraProps = {
  readonly onText: (text: string) => void;
  readonly onState: (state: CameraState) => void;
  readonly label: string;
};

/** The phone's camera and barcode reader. Codes are read on the phone. */
export function Camera({ onText, onState, label }: CameraProps) {
  const [permission, request] = useCameraPermissions();
  const read = useRef(false);
  const granted = permission?.granted === true;
  const canAsk = permission?.canAskAgain === true;
  const ask = async () => {
    const answer = await request();
    if (!answer.granted) onState("refused");
  };
  useEffect(() => {
    if (permission === null) onState("asking");
    else if (granted) onState("seeing");
    else if (canAsk) {
      onState("asking");
      void ask();
    } else onState("refused");
    // Ask once per change of the permission, not on every render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [granted, canAsk, permission === null]);
  if (!granted) return <View style={{ flex: 1 }} />;
  return (
    <CameraView
      style={{ flex: 1 }}
      accessibilityLabel={label}
      facing="back"
      barcodeScannerSettings={{ barcodeTypes: ["qr"] }}
      onMountError={() => {
        onState("failed");
      }}
      onBarcodeScanned={({ data }) => {
        if (read.current) return;
        read.current = true;
        onText(data);
      }}
    />
  );
}
