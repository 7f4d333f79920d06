import { cleanup, fireEvent, screen } from "@testing-library/react";
import { Text } from "react-native";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { Broken } from "./broken.tsx";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test("a screen that fails leaves a sentence and a way back, never an empty page", () => {
  // React tells the console what was thrown
  vi.spyOn(console, "error").mockReturnValue();
  location.hash = "#/history";
  let fails = true;
  function Screen() {
    if (fails) throw new Error("no such day");
    return <Text>the lock</Text>;
  }
  renderScreen(
    <Broken>
      <Screen />
    </Broken>,
  );
  expect(screen.getByTestId("broken").textContent).toContain("Your money is safe");
  expect(screen.getByTestId("broken").textContent).not.toContain("no such day");
  fails = false;
  fireEvent.click(screen.getByTestId("broken.again"));
  expect(screen.getByText("the lock")).toBeDefined();
  expect(location.hash).toBe("#/");
});
