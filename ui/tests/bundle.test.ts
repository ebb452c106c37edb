import { expect, test } from "vitest";
import config from "../vite.config";

const resolved = (mode: string) => {
  if (typeof config !== "function") throw new Error("the configuration depends on the mode");
  return config({ mode, command: "build" }) as { resolve: { alias: object } };
};

test("only the fake and test modes know the stand-ins", () => {
  expect(Object.keys(resolved("production").resolve.alias)).toEqual([]);
  expect(Object.keys(resolved("development").resolve.alias)).toEqual([]);
  expect(Object.keys(resolved("fake").resolve.alias)).toHaveLength(3);
});
