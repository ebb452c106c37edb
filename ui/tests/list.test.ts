import type { CallMark } from "../src/lib/bindings/CallMark";
import { afterEach, expect, test, vi } from "vitest";
import { HELD, merge, Pages } from "../src/kit/pages.svelte";
import { daysAgo } from "../src/kit/moment";
import { lineAt, offsetsOf, TALLEST, Track, visible } from "../src/kit/window";
import type { CallRow } from "../src/lib/bindings/CallRow";
import type { CallsFilter } from "../src/lib/bindings/CallsFilter";
import { ask } from "../src/lib/ipc";
import { byDay } from "../src/rooms/calls/days";
import { backend } from "./fake/backend";
import { call, many } from "./fake/data";

afterEach(() => vi.useRealTimers());

const calls = () => new Pages<CallRow>((row) => row.id);
const span = { fromMs: null, untilMs: null };
const filter = (...marks: CallMark[]): CallsFilter => ({
  query: "",
  marks,
  waiting: false,
  oldestFirst: false,
  abonent: null,
});

const reader =
  (filter: CallsFilter) =>
  (cursor: string | null, back = false) =>
    ask("calls.list", { filter, span, cursor, back, limit: 100 });

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
  const lines = byDay(rows, now, (row) => String(daysAgo(row.startedAt, now)));
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
  expect(merge(fresh, old, (row) => row.id).map((row) => [row.id, row.outcome])).toEqual([
    ["n", "ended"],
    ["a", "missed"],
    ["b", "ended"],
  ]);
});

test("a refresh shows new calls at once and rereads the rest of the pages soon after", async () => {
  vi.useFakeTimers();
  backend.calls = many(250);
  const list = calls();
  await list.show(reader(filter()));
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
  const list = calls();
  await list.show(reader(filter()));
  await list.more();
  const showing = list.show(reader(filter("missed")));
  const refreshing = list.refresh();
  await Promise.all([showing, refreshing]);
  expect(list.rows?.every((row) => row.outcome === "missed")).toBe(true);
  expect(list.rows).toHaveLength(50);
  expect(list.busy).toBe(false);
  list.stop();
});

test("a failed page can be tried again where it failed", async () => {
  backend.calls = many(150);
  const list = calls();
  await list.show(reader(filter()));
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

test("a list is read page by page; an older question's late answer is dropped", async () => {
  const pages = new Pages<number>(String);
  const page = (cursor: string | null) => {
    const from = Number(cursor ?? 0);
    return Promise.resolve({ rows: [from, from + 1], next: from < 4 ? String(from + 2) : null });
  };
  await pages.show(page);
  await pages.more();
  expect(pages.rows).toEqual([0, 1, 2, 3]);
  await pages.more();
  await pages.more();
  expect([pages.rows, pages.complete]).toEqual([[0, 1, 2, 3, 4, 5], true]);

  // A page may be empty with more to come, and the last one may be empty too.
  const sparse = (cursor: string | null) => {
    const at = Number(cursor ?? 0);
    return Promise.resolve({ rows: at === 3 ? [33] : [], next: at < 9 ? String(at + 1) : null });
  };
  await pages.show(sparse);
  expect([pages.rows, pages.complete]).toEqual([[33], false]);
  await pages.more();
  expect([pages.rows, pages.complete]).toEqual([[33], true]);

  let late = (_: { rows: number[]; next: null }) => undefined as void;
  const old = pages.show(() => new Promise((done) => (late = done)));
  await pages.show(() => Promise.resolve({ rows: [7], next: null }));
  late({ rows: [99], next: null });
  await old;
  expect(pages.rows).toEqual([7]);

  // A failed next page keeps what is there, and «Повторить» goes on from it.
  await pages.show(page);
  let broken = true;
  await pages.show((cursor) => (cursor && broken ? Promise.reject({ code: "timeout" }) : page(cursor)));
  await pages.more();
  expect([pages.rows, pages.failure?.code]).toEqual([[0, 1], "timeout"]);
  broken = false;
  await pages.retry();
  expect([pages.rows, pages.failure]).toEqual([[0, 1, 2, 3], null]);
});

test("however far one reads, so many pages are held; those let go are read again by their cursors", async () => {
  const asked: (string | null)[] = [];
  const pages = new Pages<number>(String);
  await pages.show((cursor) => {
    asked.push(cursor);
    const from = Number(cursor ?? 0);
    const next = from + 10 < 1000 ? String(from + 10) : null;
    return Promise.resolve({ rows: Array.from({ length: 10 }, (_, i) => from + i), next });
  });
  for (let i = 1; i < 30; i++) await pages.more();
  expect([pages.before, pages.rows?.length, pages.after]).toEqual([(30 - HELD) * 10, HELD * 10, 0]);
  expect(pages.rows?.[0]).toBe((30 - HELD) * 10);

  // One page up: it joins, and the lowest is let go.
  asked.length = 0;
  await pages.need(pages.before - 1);
  expect(asked).toEqual([String((29 - HELD) * 10)]);
  expect([pages.before, pages.rows?.length, pages.after]).toEqual([(29 - HELD) * 10, HELD * 10, 10]);
  expect(pages.rows).toEqual(Array.from({ length: HELD * 10 }, (_, i) => pages.before + i));

  // To the top at once: only the pages there are read.
  asked.length = 0;
  await pages.need(0);
  expect(asked).toEqual([null]);
  expect([pages.before, pages.rows, pages.after]).toEqual([0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 290]);
  await pages.more();
  expect(asked).toEqual([null, "10"]);
  expect([pages.rows?.length, pages.complete]).toEqual([20, false]);
});

test("a silent reading never drops a page under way, and newer readings take the place of the old", async () => {
  const pages = new Pages<{ id: number; word: string }>((row) => String(row.id));
  let word = "old";
  let answer = () => undefined as void;
  await pages.show(async (cursor) => {
    if (cursor) await new Promise<void>((done) => (answer = done));
    return { rows: [{ id: cursor ? 2 : 1, word }], next: cursor ? null : "2" };
  });
  const more = pages.more();
  await Promise.resolve();
  word = "new";
  const refreshed = pages.refresh();
  await vi.waitFor(() => expect(pages.busy).toBe(true));
  answer();
  await Promise.all([more, refreshed]);
  expect(pages.rows?.map((row) => row.id)).toEqual([1, 2]);
  expect(pages.rows?.[0]?.word).toBe("new");
  const asked: string[][] = [];
  await pages.replace(["2"], async (ids) => {
    asked.push(ids);
    return [
      { id: 2, word: "third" },
      { id: 9, word: "not here" },
    ];
  });
  expect(pages.rows?.map((row) => row.word)).toEqual(["new", "third"]);
  await pages.replace(["1"], async () => []);
  expect(
    pages.rows?.map((row) => row.word),
    "it is no longer of the list",
  ).toEqual(["third"]);
  await pages.replace([], async () => Promise.reject(new Error("nothing is asked")));
  await pages.replace(["2"], async () => Promise.reject({ code: "overtaken", detail: null }));
  expect([pages.failure, asked]).toEqual([null, [["2"]]]);
  pages.stop();
});

test("the newest question of a list is asked again where an older one ends it, and not for ever", async () => {
  const pages = calls();
  backend.overtake("calls.list", 4);
  await pages.show(reader(filter()));
  expect([pages.rows?.length, pages.failure]).toEqual([backend.calls.length, null]);
  backend.overtake("calls.list", 5);
  await pages.show(reader(filter("missed")));
  expect([pages.rows, pages.failure?.code]).toEqual([null, "overtaken"]);
  await pages.retry();
  expect([pages.rows !== null, pages.failure]).toEqual([true, null]);
  pages.stop();
});

test("a list taller than a page is reached to its very end, and little steps move it by themselves", () => {
  const [view, total] = [700, 48 * 2_000_000];
  const track = new Track();
  track.moved(TALLEST - view, view, total);
  expect(track.top, "the last rows").toBe(total - view);
  track.moved(0, view, total);
  expect(track.top).toBe(0);
  track.moved((TALLEST - view) / 2, view, total);
  expect(track.top).toBeCloseTo((total - view) / 2, 0);
  const middle = track.top;
  track.moved(track.at + 100, view, total);
  expect(track.top - middle, "the wheel moves rows as far as it turns").toBeCloseTo(100, 0);
  // At rest the bar goes where the place belongs, and the place stays.
  const place = track.top;
  const bar = track.go(place, view, total);
  expect(track.top).toBe(place);
  expect(bar).toBeCloseTo((place / (total - view)) * (TALLEST - view), 3);
  track.moved(500, view, 48 * 1000);
  expect(track.top, "a list that fits is scrolled as it is").toBe(500);
});

test("a list goes to any place and on from there both ways; what it holds is always that part of the whole", async () => {
  const COUNT = 1_000_000;
  const PAGE = 100;
  const pages = new Pages<number>(String);
  const numbers = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  let asked = 0;
  await pages.show(
    (cursor, back = false) => {
      asked++;
      const at = Number(cursor ?? 0);
      const [from, to] = back ? [Math.max(0, at - PAGE), at] : [at, Math.min(COUNT, at + PAGE)];
      const next = back ? from || null : to < COUNT ? to : null;
      return Promise.resolve({ rows: numbers(from, to), next: next === null ? null : String(next) });
    },
    (at) => {
      const row = "row" in at ? at.row : at.moment;
      return Promise.resolve({ row, total: COUNT, cursor: row ? String(row) : null });
    },
  );
  const whole = (why: string) => {
    const held = pages.rows?.length ?? 0;
    expect(pages.rows, why).toEqual(numbers(pages.before, pages.before + held));
    expect(held, why).toBeLessThanOrEqual(HELD * PAGE);
    return pages.before + held + pages.after;
  };
  expect(await pages.seek({ moment: 800_000 })).toBe(true);
  expect([pages.before, whole("sought")]).toEqual([800_000, COUNT]);
  for (let i = 0; i < 30; i++) await pages.need(pages.before - 1);
  expect(pages.before).toBe(800_000 - 30 * PAGE);
  expect(whole("30 pages up")).toBe(COUNT);
  for (let i = 0; i < 50; i++) await pages.more();
  expect(pages.before + (pages.rows?.length ?? 0)).toBe(800_000 + (HELD - 30 + 50) * PAGE);
  expect(whole("50 pages down, over what was let go")).toBe(COUNT);

  // The bar is pulled anywhere: the rows there are read, and two questions are enough.
  for (const row of [5, 999_999, 123_456, 801_000, 0, 700_000, 699_999]) {
    asked = 0;
    await pages.need(row);
    expect(asked).toBeLessThanOrEqual(1);
    expect(whole(`at ${row}`)).toBe(COUNT);
    expect(pages.rows).toContain(row);
  }
  await pages.seek({ moment: 999_950 });
  expect([pages.complete, whole("the end")]).toEqual([true, COUNT]);
  await pages.seek({ moment: 0 });
  expect([pages.before, whole("the top")]).toEqual([0, COUNT]);
  await pages.refresh();
  expect(whole("the one held page read again")).toBe(COUNT);
  await pages.more();
  expect(whole("and on from it")).toBe(COUNT);
});
