import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../testing/render.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";

afterEach(() => {
  vi.restoreAllMocks();
  cleanup();
});

test("shows an error page when rendering throws, and renders again after the way back", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  let isWrong = true;
  const Page = () => {
    if (isWrong) throw new SyntaxError("Cannot convert 1e30 to a BigInt");
    return <p data-testid="drawn" />;
  };
  const again = vi.fn(() => (isWrong = false));
  renderScreen(
    <ErrorBoundary onAgain={again}>
      <Page />
    </ErrorBoundary>,
  );
  expect(screen.getByTestId("page-broken").textContent).toContain("nothing is lost");
  fireEvent.click(screen.getByTestId("page-broken.again"));
  expect(again).toHaveBeenCalledTimes(1);
  expect(screen.queryByTestId("drawn")).not.toBeNull();
});
