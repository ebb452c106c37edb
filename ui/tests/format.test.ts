import { expect, test } from "vitest";
import { daysAgo, localMoments, written, type Form } from "../src/kit/moment";
import { duration, shortName } from "../src/lib/format";

// The tests run in Moscow time (UTC+3).
const MORNING = "2019-01-31T07:32:49.000Z";
const WORDS = { today: "Сегодня", yesterday: "Вчера" };
const ru = (form: Form, now: string) => written(MORNING, form, "ru", Date.parse(now), WORDS);

test.each<[Form, string, string]>([
  ["time", "10:32", "10:32"],
  ["exact", "10:32:49", "10:32:49"],
  ["date", "31.01.2019", "31 Jan 2019"],
  ["full", "31.01.2019 10:32", "31 Jan 2019 10:32"],
  ["fullExact", "31.01.2019 10:32:49", "31 Jan 2019 10:32:49"],
  ["near", "31.01.2019 10:32", "31 Jan 2019 10:32"],
  ["nearExact", "31.01.2019 10:32:49", "31 Jan 2019 10:32:49"],
  ["day", "31.01.2019", "31 Jan 2019"],
  ["long", "четверг, 31 января 2019 г.", "Thursday, 31 January 2019"],
  ["month", "январь 2019 г.", "January 2019"],
])("a moment long ago in the form %s is «%s», “%s”", (form, russian, english) => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(written(MORNING, form, "ru", now, WORDS)).toBe(russian);
  expect(written(MORNING, form, "en", now, WORDS)).toBe(english);
});

test("today needs no date, yesterday a word", () => {
  expect(ru("near", "2019-01-31T20:59:00Z")).toBe("10:32");
  expect(ru("near", "2019-01-31T21:01:00Z")).toBe("вчера 10:32");
  expect(ru("nearExact", "2019-01-31T21:01:00Z")).toBe("вчера 10:32:49");
  expect(ru("near", "2019-02-02T07:00:00Z")).toBe("31.01.2019 10:32");
  expect([ru("day", "2019-01-31T12:00:00Z"), ru("day", "2019-02-01T12:00:00Z")]).toEqual([
    "Сегодня",
    "Вчера",
  ]);
});

test("a moment inside a sentence of the relay is written as any other", () => {
  const told = "Последнее событие от АТС: 2019-01-31T07:32:49.612Z, не 2019-13-91T07:32Z";
  expect(localMoments(told)).toBe("Последнее событие от АТС: 31.01.2019 10:32, не 2019-13-91T07:32Z");
});

test("a moment that is not known or not a date is written as nothing", () => {
  for (const nothing of [null, undefined, "", "yesterday"]) {
    expect(written(nothing, "full", "ru", 0, WORDS)).toBe("");
    expect(daysAgo(nothing, 0)).toBeNull();
  }
});

test.each([
  [0, "00:00"],
  [999, "00:00"],
  [63_650, "01:03"],
  [221_000, "03:41"],
  [3_599_999, "59:59"],
  [3_821_000, "1:03:41"],
  [-5, "00:00"],
])("a conversation of %i ms lasts %s", (ms, text) => expect(duration(ms)).toBe(text));

test("days are those of the local calendar", () => {
  const now = Date.parse("2026-03-02T21:30:00.000Z"); // 00:30 on 3 March in Moscow
  expect(daysAgo("2026-03-02T21:05:00.000Z", now)).toBe(0);
  expect(daysAgo("2026-03-02T20:55:00.000Z", now)).toBe(1);
  expect(daysAgo("2026-02-28T20:55:00.000Z", now)).toBe(3);
});

test.each([
  ["Иванов Пётр", "Иванов П."],
  ["Иванов Пётр Сергеевич", "Иванов П."],
  ["  Склад ", "Склад"],
  ["", ""],
])("%s is shortened to %s", (name, short) => expect(shortName(name)).toBe(short));
