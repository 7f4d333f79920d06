import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { HoldToConfirmButton, Button } from "./button.tsx";

const labels = { rest: "Hold to send", holding: "Keep holding", confirm: "Confirm", tap: "Send" };

afterEach(cleanup);

test("a button calls its handler once, and not at all when it is off", () => {
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

test("with reduced motion, holding becomes two presses, and the label asks for the second", () => {
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

test("a busy button cannot be confirmed again", () => {
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
