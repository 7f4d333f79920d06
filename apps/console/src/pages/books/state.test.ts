import { expect, test } from "vitest";
import { dayToClose } from "./state.ts";

test("the day to close follows the last one that was closed, and is over", () => {
  const today = "2026-12-01";
  expect(dayToClose({ lastClosedDay: "2026-11-27", today })).toBe("2026-11-28");
  expect(dayToClose({ lastClosedDay: "2026-11-30", today })).toBe("2026-11-30");
  expect(dayToClose({ lastClosedDay: null, today })).toBe("2026-11-30");
});
