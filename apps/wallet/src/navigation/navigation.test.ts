import { expect, test } from "vitest";
import { createNavigation } from "./navigation.ts";

test("a page that a reload begins with has home behind it", () => {
  const navigation = createNavigation({ name: "receipt", id: "out/aa" });
  navigation.back();
  expect(navigation.stack()).toEqual([{ name: "home" }]);
  navigation.back();
  expect(navigation.stack()).toEqual([{ name: "home" }]);
});

test("one page takes another's place, and home stays behind both", () => {
  const navigation = createNavigation();
  navigation.go({ name: "send" });
  navigation.replace({ name: "receipt", id: "out/aa" });
  expect(navigation.stack()).toEqual([{ name: "home" }, { name: "receipt", id: "out/aa" }]);
  navigation.reset({ name: "history" });
  expect(navigation.stack()).toEqual([{ name: "home" }, { name: "history" }]);
});
