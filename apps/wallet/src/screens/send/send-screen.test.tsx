import { err } from "@satsconnect/money";
import { cleanup, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { renderScreen } from "../../testing/render.tsx";
import { SendScreen } from "./send-screen.tsx";

afterEach(cleanup);

test("cuts a text longer than any code before it is sent to the wallet, and explains the refusal", async () => {
  const decode = vi.fn((_params: { readonly text: string }) =>
    err("text_unknown", "This text is not a code that can be paid.", "never"),
  );
  renderScreen(<SendScreen text={"9".repeat(30_000_000)} />, {
    wallet: { answers: { decode } },
  });
  await waitFor(() => screen.getByTestId("send.refused"));
  expect(decode.mock.calls[0]?.[0].text.length).toBeLessThan(20_000);
  expect(screen.getByTestId("send.refused").textContent).toContain("not a code that can be paid");
});

test("names a Lightning address as one, and says what to ask for instead", async () => {
  renderScreen(<SendScreen text="mama@njeri.co.ke" />, {
    wallet: { answers: { decode: () => err("lnurl_unsupported", "", "never") } },
  });
  await waitFor(() => screen.getByTestId("send.refused"));
  const told = screen.getByTestId("send.refused").textContent ?? "";
  expect(told).toContain("Lightning address");
  expect(told).toContain("Ask for an invoice");
});
