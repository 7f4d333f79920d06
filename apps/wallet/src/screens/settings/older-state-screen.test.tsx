import { cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import { err, ok } from "@satsconnect/money";
import type { OlderStateView, WalletCalls } from "@satsconnect/wallet/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fixtureEmail, fixtureNow } from "../../testing/fixture-wallet.ts";
import { renderScreen } from "../../testing/render.tsx";
import { HomeScreen } from "../home/home-screen.tsx";
import { LeaveScreen } from "./leave-screen.tsx";
import { OlderStateScreen } from "./older-state-screen.tsx";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: fixtureNow });
});
afterEach(() => {
  vi.useRealTimers();
  cleanup();
});

const press = (testId: string): void => {
  fireEvent.click(screen.getByTestId(testId));
};
const textOf = (testId: string): string => screen.getByTestId(testId).textContent ?? "";

function olderState(change: Partial<OlderStateView> = {}): OlderStateView {
  return {
    stage: "asked",
    side: "own",
    at: fixtureNow - 60_000,
    untilAt: fixtureNow + 120 * 60_000,
    amountSat: null,
    ...change,
  };
}

test("home shows a channel that is closed because of an older state, and leads to its page", () => {
  const navigation = renderScreen(<HomeScreen />, {
    wallet: { snapshot: { olderState: olderState() } },
  });
  expect(textOf("home.older-state")).toContain("Nothing to do");
  expect(textOf("home")).not.toContain("No money on the way");
  press("home.older-state");
  expect(navigation.stack().at(-1)).toEqual({ name: "older-state" });
});

test("home says that a restore is not confirmed yet, and nothing once it is", () => {
  const unconfirmed = olderState({ stage: "unconfirmed", untilAt: null });
  const navigation = renderScreen(<HomeScreen />, {
    wallet: { snapshot: { olderState: unconfirmed } },
  });
  press("home.older-state.more");
  expect(navigation.stack().at(-1)).toEqual({ name: "older-state" });
  cleanup();
  renderScreen(<HomeScreen />);
  expect(screen.queryByTestId("home.older-state")).toBeNull();
});

test("the page says what happened, by when it ends and whom to ask", async () => {
  renderScreen(<OlderStateScreen />, { wallet: { snapshot: { olderState: olderState() } } });
  await waitFor(() => screen.getByTestId("help.call"));
  const told = textOf("older-state");
  expect(told).toContain("older copy");
  expect(told).toContain("by about 16:32");
  expect(told).toContain("Nothing to do but wait");
  expect(told).toContain(fixtureEmail);
});

test("the page says so when the operator has not closed the channel in time", () => {
  const late = olderState({ untilAt: fixtureNow - 1 });
  renderScreen(<OlderStateScreen />, { wallet: { snapshot: { olderState: late } } });
  expect(textOf("older-state")).toContain("Has not closed it yet");
  expect(textOf("older-state")).toContain("late");
});

test("the page shows the amount on its way, unless amounts are hidden", () => {
  const wallet = {
    snapshot: { olderState: olderState({ stage: "sweeping", amountSat: "121003" }) },
  } as const;
  renderScreen(<OlderStateScreen />, { wallet });
  expect(textOf("older-state")).toContain("121,003");
  cleanup();
  renderScreen(<OlderStateScreen />, { wallet, hideAmounts: true });
  expect(textOf("older-state")).not.toContain("121,003");
});

test("accepting the risk of leaving without the backup takes a confirmation of its own", async () => {
  const closed: WalletCalls["closeChannels"]["params"][] = [];
  const view = {
    address: "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
    channelsOpen: 1,
    channelsClosing: 0,
    claimableSat: "0",
    sent: [],
    done: false,
  };
  renderScreen(<LeaveScreen />, {
    wallet: {
      answers: {
        leave: () => ok(view),
        closeChannels: (params) => {
          closed.push(params);
          return params.withoutBackup === true
            ? ok({ ...view, channelsOpen: 0, channelsClosing: 1 })
            : err("backup_unverified", "", "safe");
        },
      },
    },
  });
  await waitFor(() => screen.getByTestId("leave.force"));
  press("leave.force");
  press("leave.force.hold");
  press("leave.force.hold");
  await waitFor(() => screen.getByTestId("leave.risk.hold"));
  expect(closed).toHaveLength(1);
  press("leave.risk.hold");
  expect(closed).toHaveLength(1);
  press("leave.risk.hold");
  await waitFor(() => screen.getByTestId("leave.progress"));
  expect(closed.at(-1)).toMatchObject({ force: true, withoutBackup: true });
});
