import { expect, test } from "vitest";
import type { CallRow } from "../src/lib/bindings/CallRow";
import type { FailureCode } from "../src/lib/bindings/FailureCode";
import type { Outcome } from "../src/lib/bindings/Outcome";
import { dictionaries } from "../src/rooms";
import {
  callStatus,
  checkText,
  failureDetail,
  failureText,
  isLive,
  legWords,
  talkOf,
  troubleText,
  whoOf,
} from "../src/lib/words";
import { call, legs } from "./fake/data";

const t = dictionaries.ru;

test.each<[Partial<CallRow>, string, string]>([
  [{ outcome: "ended" }, "Принят", "in"],
  [{ outcome: "ended", direction: "outgoing" }, "Дозвонились", "out"],
  [{ outcome: "missed" }, "Пропущен", "missed"],
  [{ outcome: "answered_by", answeredBy: "Иванов Пётр" }, "Ответил: Иванов П.", "colleague"],
  [{ outcome: "answered_by", answeredBy: null }, "Ответил коллега", "colleague"],
  [{ outcome: "no_answer", direction: "outgoing" }, "Нет ответа", "failed"],
  [{ outcome: "rejected", direction: "outgoing" }, "Занято", "failed"],
  [{ outcome: "cancelled", direction: "outgoing" }, "Отменен", "failed"],
  [{ outcome: "unreachable", direction: "outgoing" }, "Недоступен", "failed"],
  [{ outcome: "transferred" }, "Переведён", "transferred"],
  [{ outcome: "ringing" }, "Звонит", "ringing"],
  [{ outcome: "ringing", direction: "outgoing" }, "Вызов", "ringing"],
  [{ outcome: "talking" }, "Разговор", "talking"],
])("%o is «%s»", (over, word, icon) => {
  expect(callStatus(call(over), t)).toMatchObject({ word, icon });
});

test("an uncertain call only says what is known, whatever its outcome", () => {
  for (const outcome of ["missed", "ended", "talking", "ringing"] as const) {
    const row = call({ outcome, uncertain: true, startedAt: "2026-01-31T06:35:00.000Z" });
    expect(callStatus(row, t)).toEqual({ word: "звонок в 09:35", tone: "muted", icon: "uncertain" });
  }
});

test("a word of a newer app is no success", () => {
  const row = call({ outcome: "parked" as Outcome, startedAt: "2026-01-31T06:35:00.000Z" });
  expect(callStatus(row, t)).toEqual({ word: "звонок в 09:35", tone: "muted", icon: "uncertain" });
});

test("a ring counts only while calls arrive", () => {
  const row = call({ outcome: "ringing" });
  expect([isLive(row, true), isLive(row, false)]).toEqual([true, false]);
});

test("a failure is said once, and what it does not say itself goes along", () => {
  const detail = "the PBX does not accept the token";
  for (const code of ["token_refused", "pbx_unreachable", "code_expired"] as const)
    expect(failureDetail({ code, detail }), code).toBeNull();
  for (const code of ["refused", "storage", "relay_unreachable", "pbx_refused"] as const)
    expect(failureDetail({ code, detail }), code).toBe(detail);
});

test("who called is never empty", () => {
  expect(whoOf(call(), t)).toBe("Орлова Дарья");
  expect(whoOf(call({ name: null }), t)).toBe("Неизвестный номер");
  expect(whoOf(call({ name: null, number: null, hidden: true }), t)).toBe("Номер скрыт");
  const candidates = [
    { id: 1, name: "Орлова Дарья" },
    { id: 6, name: "Орлов Максим" },
  ];
  expect(whoOf(call({ name: null, candidates }), t)).toBe("Несколько контактов: Орлова Дарья, Орлов Максим");
});

test("a running conversation is counted from the answer, a finished one is told", () => {
  const now = Date.parse("2026-01-31T07:00:30.000Z");
  const talking = call({
    outcome: "talking",
    talkMs: null,
    waitMs: 8000,
    startedAt: "2026-01-31T07:00:00.000Z",
  });
  expect(talkOf(talking, now)).toBe(22_000);
  expect(talkOf({ ...talking, uncertain: true }, now)).toBeNull();
  expect(talkOf(call({ outcome: "missed", talkMs: null }), now)).toBeNull();
  expect(talkOf(call({ talkMs: 5000 }), now)).toBe(5000);
});

test("legs tell in words what happened on them", () => {
  expect(legs().map((leg) => legWords(leg, t))).toEqual([
    "меню или очередь",
    "меню или очередь",
    "меню или очередь",
    "занято",
    "разговор 03:42",
  ]);
  const [leg] = legs();
  if (!leg) throw new Error("no leg");
  expect(legWords({ ...leg, state: "Alerting" }, t)).toBe("звонит");
  expect(legWords({ ...leg, system: false, answeredAt: null, cause: "Odd Cause" }, t)).toBe("Odd Cause");
});

test("a failure that is not known keeps its code for support", () => {
  expect(failureText({ code: "timeout", detail: null }, t)).toContain("слишком долго");
  expect(failureText({ code: "novel" as FailureCode, detail: null }, t)).toContain("novel");
});

test("a data folder that cannot hold a database is named", () => {
  for (const t of Object.values(dictionaries)) {
    expect(troubleText("data_folder", t, "Z:\\Перезвон").advice).toContain(" Z:\\Перезвон ");
    for (const odd of ["D:\\$& $1 $$", "D:\\two  blanks"])
      expect(troubleText("data_folder", t, odd).advice).toContain(` ${odd} `);
    expect(troubleText("data_folder", t).advice).not.toMatch(/\{|  /);
    expect(checkText({ id: "ledger", trouble: "data_folder" }, t).advice).not.toContain("{");
  }
});
