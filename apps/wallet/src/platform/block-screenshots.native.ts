import { usePreventScreenCapture } from "expo-screen-capture";

/** Blocks screenshots and the preview among recent apps while the component is mounted. */
export function useBlockScreenshots(): void {
  usePreventScreenCapture("secrets");
}
