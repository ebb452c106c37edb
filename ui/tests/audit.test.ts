import { expect, test } from "vitest";
import { aboutOf } from "../src/rooms/people/audit";
import type { AuditRow } from "../src/lib/bindings/AuditRow";
import { namesOf } from "../src/lib/company";
import { dictionaries } from "../src/rooms";
import { Company, rows } from "./fake/company";

const known = { names: namesOf(rows()), settings: new Company().schema };
const id = rows()[0]?.id ?? "";

function about(what: string, subject: string | null, detail: unknown, language: "ru" | "en" = "ru"): string {
  const row: AuditRow = {
    seq: 1,
    at: "2026-01-31T07:22:37.000Z",
    who: { name: "Директор", role: "admin" },
    what,
    subject,
    detail: typeof detail === "string" || detail === null ? detail : JSON.stringify(detail),
  };
  return aboutOf(row, known, dictionaries[language], language);
}

test("the audit tells people what it was about, as the relay writes each kind", () => {
  const call = { abonent: id, startedAt: "2026-01-31T07:22:37.000Z" };
  expect(about("recording_played", "rec-17", call)).toBe("Иванов Пётр · звонок 31.01.2026 10:22");
  expect(about("recording_switched", id, { asked: "off", before: "on", after: "off" })).toBe(
    "Иванов Пётр · включена → выключена",
  );
  expect(about("recording_switched", id, { asked: "off", before: null, after: "off" })).toBe(
    "Иванов Пётр · выключена",
  );
  const forwarded = { on: true, busy: "+79000000077", notAnswered: "+79000000077", unavailable: "102" };
  expect(about("forwarding_changed", id, { asked: forwarded, after: null })).toBe(
    "Иванов Пётр · на +79000000077, 102",
  );
  expect(about("forwarding_changed", id, { asked: { on: false }, after: { on: false } })).toBe(
    "Иванов Пётр · выключена",
  );
  expect(about("settings_changed", null, { graceMs: { from: 30_000, to: 45_000 } })).toBe(
    "Ждать ответа коллеги: 30 с → 45 с",
  );
  expect(about("settings_changed", null, { publicUrl: { from: null, to: "https://pbx.example" } })).toBe(
    "Публичный адрес: не задано → https://pbx.example",
  );
  expect(about("settings_changed", id, { subscription: false })).toBe("Иванов Пётр · подписка выключена");
  expect(about("join_code_made", "c1", { name: "Новый стол", role: "user", abonent: id })).toBe(
    "Новый стол · пользователь · Иванов Пётр",
  );
  expect(about("user_revoked", "u1", { name: "Иванов Пётр", role: "user", abonent: id })).toBe(
    "Иванов Пётр · пользователь",
  );
  expect(about("joined", "c1", { abonent: id })).toBe("Иванов Пётр");
  expect(about("abonents_filled", null, { new: ["a", "b"], changed: [], gone: ["c"] })).toBe(
    "новых: 2, изменённых: 0, исчезнувших: 1",
  );
  expect(about("event_replayed", "12", { changed: false })).toBe("событие № 12 · без изменений");
  expect(about("export_taken", null, { journal: "events", from: null, to: null, filtered: true })).toBe(
    "события АТС · с отбором",
  );
  expect(about("retention_ran", null, { events: 10, requests: 3, calls: 0 })).toBe(
    "событий: 10, запросов: 3, звонков: 0",
  );
  expect(about("token_changed", null, null)).toBe("");
  expect(about("settings_changed", null, { graceMs: { from: 30_000, to: 45_000 } }, "en")).toBe(
    "Wait for a colleague: 30 s → 45 s",
  );
});

test("what this version does not know is shown as it came", () => {
  expect(about("moon_landed", "m1", { crew: 3 })).toBe('m1 · {"crew":3}');
  expect(about("recording_played", "rec-17", "by hand")).toBe("rec-17 · by hand");
  expect(about("settings_changed", null, { newKey: { from: 1, to: 2 } })).toBe("newKey: 1 → 2");
});
