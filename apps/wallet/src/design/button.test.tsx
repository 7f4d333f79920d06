import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { HoldToConfirmButton, Button } from "./button.tsx";

const labels = { rest: "Hold to send", holding: "Keep holding", confirm: "Confirm", tap: "Send" };

afterEach(cleanup);

test("a slab is pressed once; one that is off, never", () => {
  const pressed = vi.fn();
  renderScreen(
    <>
      <Button icon="send" label="On" onPress={pressed} testID="on" />
      <Button icon="send" label="Off" onPress={pressed} off testID="off" />
    </>,
  );
  fireEvent.click(screen.getByTestId("off"));
  expect(pressed).not.toHaveBeenCalled();
  fireEvent.click(screen.getByTestId("on"));
  expect(pressed).toHaveBeenCalledTimes(1);
});

test("with less motion sending takes two presses, and says so between them", () => {
  const confirmed = vi.fn();
  renderScreen(
    <HoldToConfirmButton icon="send" labels={labels} onConfirm={confirmed} testID="hold" />,
    {
      reducedMotion: true,
    },
  );
  const button = screen.getByTestId("hold");
  expect(button.textContent).toContain("Send");
  fireEvent.click(button);
  expect(confirmed).not.toHaveBeenCalled();
  expect(button.textContent).toContain("Confirm");
  fireEvent.click(button);
  expect(confirmed).toHaveBeenCalledTimes(1);
});

test("a slab that works already cannot be confirmed again", () => {
  const confirmed = vi.fn();
  renderScreen(
    <HoldToConfirmButton icon="send" labels={labels} onConfirm={confirmed} busy testID="hold" />,
    {
      reducedMotion: true,
    },
  );
  fireEvent.click(screen.getByTestId("hold"));
  fireEvent.click(screen.getByTestId("hold"));
  expect(confirmed).not.toHaveBeenCalled();
});
