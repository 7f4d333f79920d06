import { usePreventScreenCapture } from "expo-screen-capture";

/** While the screen that uses it is shown, the system takes no picture of it, nor shows it among recent apps. */
export function useBlockScreenshots(): void {
  usePreventScreenCapture("secrets");
}
