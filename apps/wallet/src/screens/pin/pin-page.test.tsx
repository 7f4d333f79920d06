import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../../testing/render.tsx";
import { PinPage } from "./pin-page.tsx";

afterEach(cleanup);

function press(...keys: readonly string[]): void {
  for (const key of keys) fireEvent.click(screen.getByTestId(`pin.key.${key}`));
}

test("passes six digits on once, without erased ones", () => {
  const given = vi.fn();
  renderScreen(<PinPage name="pin" title="PIN" detail="" onPin={given} />);
  press("2", "5", "9", "erase", "8", "0", "1");
  expect(given).not.toHaveBeenCalled();
  press("4");
  expect(given.mock.calls).toEqual([["258014"]]);
  expect(document.body.textContent).not.toContain("258014");
});

test("takes no digit while it is off", () => {
  const given = vi.fn();
  renderScreen(<PinPage name="pin" title="PIN" detail="" off onPin={given} />);
  press("2", "5", "8", "0", "1", "4");
  expect(given).not.toHaveBeenCalled();
});
