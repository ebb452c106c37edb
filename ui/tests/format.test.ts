import { expect, test } from "vitest";
import {
  date,
  dateTime,
  daysAgo,
  dayTime,
  duration,
  localMoments,
  shortName,
  time,
  timeExact,
} from "../src/lib/format";

// The tests run in Moscow time (UTC+3).
const MORNING = "2019-01-31T07:32:49.000Z";

test("times are local and exact to the second where asked", () => {
  expect(time(MORNING)).toBe("10:32");
  expect(timeExact(MORNING)).toBe("10:32:49");
});

test("dates follow the wording rules of each language", () => {
  expect(date(MORNING, "ru")).toBe("31.01.2019");
  expect(date(MORNING, "en")).toBe("31 Jan 2019");
  expect(dateTime(MORNING, "ru")).toBe("31.01.2019 10:32");
  expect([dayTime(MORNING, "ru"), dayTime(MORNING, "en")]).toEqual(["31.01 10:32", "31 Jan 10:32"]);
});

test("a moment inside a sentence of the relay is written as any other", () => {
  const told = "Последнее событие от АТС: 2019-01-31T07:32:49.612Z";
  expect(localMoments(told, "ru")).toBe("Последнее событие от АТС: 31.01.2019 10:32");
  expect(localMoments("Until 2019-01-31T07:32:49Z, not 2019-13-91T07:32Z", "en")).toBe(
    "Until 31 Jan 2019 10:32, not 2019-13-91T07:32Z",
  );
});

test("a moment that is not known or not a date is written as nothing", () => {
  for (const nothing of [null, undefined, "", "yesterday"]) {
    expect(time(nothing)).toBe("");
    expect(dateTime(nothing, "ru")).toBe("");
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
