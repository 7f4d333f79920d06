import { expect, test } from "vitest";
import { createNavigation } from "./navigation.ts";

test("has home below the page that a reload starts with", () => {
  const navigation = createNavigation({ name: "receipt", id: "out/aa" });
  navigation.back();
  expect(navigation.stack()).toEqual([{ name: "home" }]);
  navigation.back();
  expect(navigation.stack()).toEqual([{ name: "home" }]);
});

test("replaces a page and keeps home below it", () => {
  const navigation = createNavigation();
  navigation.go({ name: "send" });
  navigation.replace({ name: "receipt", id: "out/aa" });
  expect(navigation.stack()).toEqual([{ name: "home" }, { name: "receipt", id: "out/aa" }]);
  navigation.reset({ name: "history" });
  expect(navigation.stack()).toEqual([{ name: "home" }, { name: "history" }]);
});
