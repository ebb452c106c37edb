import { afterEach, expect, test, vi } from "vitest";
import { byDay, CallList, merge } from "../src/lib/calls.svelte";
import { lineAt, offsetsOf, visible } from "../src/lib/window";
import { backend } from "./fake/backend";
import { call, many } from "./fake/data";

afterEach(() => vi.useRealTimers());

test("the visible range is found among lines of different heights", () => {
  const offsets = offsetsOf([32, 48, 48, 32, 48]);
  expect([...offsets]).toEqual([0, 32, 80, 128, 160, 208]);
  expect([0, 31, 32, 130, 9999].map((y) => lineAt(offsets, y))).toEqual([0, 0, 1, 3, 4]);
  expect(visible(offsets, 40, 50, 0)).toEqual([1, 3]);
  expect(visible(offsets, 40, 50, 1000)).toEqual([0, 5]);
  expect(visible(offsetsOf([]), 0, 500, 100)).toEqual([0, 0]);
});

test("rows stand under the headers of their days", () => {
  const now = Date.parse("2026-01-31T09:00:00.000Z");
  const at = (id: string, startedAt: string | null) => call({ id, startedAt });
  const rows = [
    at("a", "2026-01-31T08:00:00.000Z"),
    at("b", "2026-01-31T07:00:00.000Z"),
    at("c", "2026-01-30T08:00:00.000Z"),
    at("d", null),
  ];
  const lines = byDay(rows, now, (_, ago) => String(ago));
  expect(lines.map((line) => ("head" in line ? `[${line.head}]` : line.key))).toEqual([
    "[0]",
    "a",
    "b",
    "[1]",
    "c",
    "[null]",
    "d",
  ]);
  expect(new Set(lines.map((line) => line.key)).size, "keys are unique").toBe(lines.length);
});

test("pages join without doubles, the newer reading wins", () => {
  const old = [call({ id: "a", outcome: "ringing" }), call({ id: "b" })];
  const fresh = [call({ id: "n" }), call({ id: "a", outcome: "missed" })];
  expect(merge(fresh, old).map((row) => [row.id, row.outcome])).toEqual([
    ["n", "ended"],
    ["a", "missed"],
    ["b", "ended"],
  ]);
});

test("a refresh shows new calls at once and rereads the rest of the pages soon after", async () => {
  vi.useFakeTimers();
  backend.calls = many(250);
  const list = new CallList();
  await list.show({ kind: "all", query: "" });
  await list.more();
  await list.more();
  expect(list.rows).toHaveLength(250);
  expect(list.complete).toBe(true);

  const renamed = backend.calls[240];
  backend.calls = [
    call({ id: "new" }),
    ...backend.calls.map((row) => (row === renamed ? { ...row, name: "Новое имя" } : row)),
  ];
  await list.refresh();
  expect(list.rows?.[0]?.id).toBe("new");
  expect(list.rows).toHaveLength(251);
  expect(list.rows?.[241]?.name).not.toBe("Новое имя");
  await vi.advanceTimersByTimeAsync(6000);
  expect(list.rows?.[241]?.name).toBe("Новое имя");
  list.stop();
});

test("a change that comes while another filter loads never mixes the two", async () => {
  backend.calls = many(250);
  const list = new CallList();
  await list.show({ kind: "all", query: "" });
  await list.more();
  const showing = list.show({ kind: "missed", query: "" });
  const refreshing = list.refresh();
  await Promise.all([showing, refreshing]);
  expect(list.rows?.every((row) => row.outcome === "missed")).toBe(true);
  expect(list.rows).toHaveLength(50);
  expect(list.busy).toBe(false);
  list.stop();
});

test("a failed page can be tried again where it failed", async () => {
  backend.calls = many(150);
  const list = new CallList();
  await list.show({ kind: "all", query: "" });
  backend.fails["calls.list"] = { code: "timeout", detail: null };
  await list.more();
  expect(list.failure?.code).toBe("timeout");
  expect(list.rows).toHaveLength(100);
  backend.fails = {};
  await list.retry();
  expect(list.failure).toBeNull();
  expect(list.rows).toHaveLength(150);
  list.stop();
});
