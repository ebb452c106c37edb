/** Fictional contacts, notifications and checks. */
import type { CheckLine } from "../../src/lib/bindings/CheckLine";
import type { ContactView } from "../../src/lib/bindings/ContactView";
import type { NotificationRow } from "../../src/lib/bindings/NotificationRow";
import { ago, keyNumber, shownNumber } from "./data";

export function contacts(): ContactView[] {
  const one = (
    id: number,
    kind: ContactView["kind"],
    name: string,
    company: string,
    numbers: number[],
  ): ContactView => ({
    id,
    kind,
    name,
    company,
    email: id === 1 ? "orlova@example.org" : "",
    note: id === 1 ? "Звонить после обеда.\nДоговор на 2027 год согласован." : "",
    numbers: numbers.map((n, index) => ({
      display: shownNumber(n),
      key: keyNumber(n),
      label: index ? "рабочий" : "мобильный",
    })),
    about:
      id === 1
        ? {
            tags: ["постоянный", "оптом"],
            responsible: "Смирнова Анна",
            fields: [{ name: "Договор", value: "№ 12 от 31.01.2026" }],
          }
        : { tags: [], responsible: "", fields: [] },
    companyId: null,
    people: [],
    reminders: [],
    calls: [],
    notes: [],
  });
  return [
    one(1, "contact_person", "Орлова Дарья", "ООО «Берёзка»", [11, 16]),
    one(2, "counterparty", "ООО «Берёзка»", "", [12]),
    one(3, "natural_person", "Лебедев Антон", "", [13]),
    one(4, "contact_person", "Романова Вера", "АО «Заря»", [14]),
    one(5, "natural_person", "Тихонов Лев", "", [15]),
    one(6, "partner", "Орлов Максим", "", [25]),
    one(
      7,
      "counterparty",
      "Общество с ограниченной ответственностью «Северо-Западная строительно-монтажная компания „Невский проспект“»",
      "",
      [26],
    ),
  ];
}

export function notifications(): NotificationRow[] {
  const rows: Omit<NotificationRow, "id" | "seen">[] = [
    {
      kind: "missed",
      state: "shown",
      title: "Пропущенный: Неизвестный номер (×2)",
      body: `${shownNumber(21)} · 14:32 · ждал 18 с\nна линию Отдел продаж`,
      at: ago(9),
      route: "call/01J00000000000000000000002",
      callBack: keyNumber(21),
    },
    {
      kind: "answered_elsewhere",
      state: "expired",
      title: "Ответил: Смирнова А.",
      body: `Лебедев Антон · ${shownNumber(13)}`,
      at: ago(26),
      route: "contact/3",
      callBack: null,
    },
    {
      kind: "document",
      state: "shown",
      title: "Телефонный звонок № 000000040",
      body: "Орлова Дарья · входящий · 03:41",
      at: ago(40),
      route: "document/40",
      callBack: keyNumber(11),
    },
    {
      kind: "incoming",
      state: "clicked",
      title: "Орлова Дарья",
      body: `${shownNumber(11)} · ООО «Берёзка»`,
      at: ago(41),
      route: "contact/1",
      callBack: keyNumber(11),
    },
    {
      kind: "progress",
      state: "dismissed",
      title: "Нет ответа: Романова Вера",
      body: shownNumber(14),
      at: ago(62),
      route: "call/01J00000000000000000000005",
      callBack: keyNumber(14),
    },
    {
      kind: "digest",
      state: "shown",
      title: "Пока вас не было: 14 звонков",
      body: "ждут ответа: 5",
      at: ago(600),
      route: "queue",
      callBack: null,
    },
    {
      kind: "trouble",
      state: "dismissed",
      title: "Подписка не продлена",
      body: "АТС отклонила подписку.",
      at: ago(60 * 30),
      route: "settings/check",
      callBack: null,
    },
  ];
  // What the user has seen or done counts as seen.
  const waits = ["missed", "digest", "trouble"];
  return rows.map((row, index) => ({
    id: rows.length - index,
    seen: !waits.includes(row.kind) || row.state === "dismissed",
    ...row,
  }));
}

export const checks = (): CheckLine[] => [
  { id: "clock", state: "ok", trouble: null, code: null, detail: "0,2 с", fix: null },
  { id: "token", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "abonents", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "publicUrl", state: "ok", trouble: null, code: null, detail: "https://pbx.example", fix: null },
  {
    id: "callback",
    state: "failed",
    trouble: null,
    code: "callback_unreachable",
    detail: "Адрес для событий недоступен с этого компьютера",
    fix: "Проверьте переадресацию порта или туннель.",
  },
  { id: "subscription", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "events", state: "failed", trouble: null, code: "no_events", detail: null, fix: null },
  { id: "ledger", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "disk", state: "ok", trouble: null, code: null, detail: "72 ГБ", fix: null },
  { id: "toasts", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "keyring", state: "ok", trouble: null, code: null, detail: null, fix: null },
  { id: "me", state: "ok", trouble: null, code: null, detail: null, fix: null },
];
