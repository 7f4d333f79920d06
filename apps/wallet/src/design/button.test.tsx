import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { HoldSlab, Slab } from "./button.tsx";

const labels = { rest: "Hold to send", holding: "Keep holding", confirm: "Confirm", tap: "Send" };

afterEach(cleanup);

test("a slab is pressed once; one that is off, never", () => {
  const pressed = vi.fn();
  renderScreen(
    <>
      <Slab icon="send" label="On" onPress={pressed} testID="on" />
      <Slab icon="send" label="Off" onPress={pressed} off testID="off" />
    </>,
  );
  fireEvent.click(screen.getByTestId("off"));
  expect(pressed).not.toHaveBeenCalled();
  fireEvent.click(screen.getByTestId("on"));
  expect(pressed).toHaveBeenCalledTimes(1);
});

test("with less motion sending takes two presses, and says so between them", () => {
  const confirmed = vi.fn();
  renderScreen(<HoldSlab icon="send" labels={labels} onConfirm={confirmed} testID="hold" />, {
    reducedMotion: true,
  });
  const slab = screen.getByTestId("hold");
  expect(slab.textContent).toContain("Send");
  fireEvent.click(slab);
  expect(confirmed).not.toHaveBeenCalled();
  expect(slab.textContent).toContain("Confirm");
  fireEvent.click(slab);
  expect(confirmed).toHaveBeenCalledTimes(1);
});

test("a slab that works already cannot be confirmed again", () => {
  const confirmed = vi.fn();
  renderScreen(<HoldSlab icon="send" labels={labels} onConfirm={confirmed} busy testID="hold" />, {
    reducedMotion: true,
  });
  fireEvent.click(screen.getByTestId("hold"));
  fireEvent.click(screen.getByTestId("hold"));
  expect(confirmed).not.toHaveBeenCalled();
});
