import { reportedCases } from "@satsconnect/money/reported-cases";
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { renderScreen } from "../../testing/render.tsx";
import { NumberPage } from "./number-page.tsx";

afterEach(cleanup);

const onNumber = vi.fn();
const write = (text: string) => {
  fireEvent.change(screen.getByTestId("buy.number.field"), { target: { value: text } });
};
const use = () => {
  fireEvent.click(screen.getByTestId("buy.number.continue"));
};

beforeEach(() => {
  onNumber.mockClear();
  renderScreen(
    <NumberPage
      title="Buy"
      question="Which number pays?"
      detail=""
      initial={null}
      onBack={() => undefined}
      onNumber={onNumber}
      name="buy"
    />,
  );
});

test.each([
  ...reportedCases("msisdn-digits", "msisdn-marks", "msisdn-invisible", "msisdn-prefix"),
  { id: "a contact with its name", input: "Mama Njeri\nMobile: +254 (0)712‑345‑678" },
])("takes a pasted number: $id", ({ input }) => {
  write(String(input));
  use();
  expect(onNumber).toHaveBeenCalledExactlyOnceWith("254712345678");
});

test("says at once why a paste cannot be used, and what to write", () => {
  for (const text of ["٠٢٠١٢٣", "Mama Njeri", "0712 345 678 / 0722 345 678"]) {
    write("");
    write(text);
    expect(screen.getByTestId("buy.number").textContent).toContain("Write one number");
  }
  use();
  expect(onNumber).not.toHaveBeenCalled();
});

test("waits with its judgement while a number is typed", () => {
  for (const text of ["0", "07", "071", "0712"]) {
    write(text);
    expect(screen.getByTestId("buy.number").textContent).not.toContain("Write one number");
  }
});
