/** Fictional people and calls. Numbers are of the reserved kind +7 900 000-00-xx. */
import type { Abonent } from "../../src/lib/bindings/Abonent";
import type { AppState } from "../../src/lib/bindings/AppState";
import type { UpdateView } from "../../src/lib/bindings/UpdateView";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import type { DialOffer } from "../../src/lib/bindings/DialOffer";
import type { ForwardTo } from "../../src/lib/bindings/ForwardTo";
import type { LegView } from "../../src/lib/bindings/LegView";

export const shownNumber = (n: number) => `+7 (900) 000-00-${String(n).padStart(2, "0")}`;
export const keyNumber = (n: number) => `+790000000${String(n).padStart(2, "0")}`;
/** One page of a list, and where the next begins. */
export function paged<T>(all: T[], cursor: string | null, limit: number): { rows: T[]; next: string | null } {
  const from = Number(cursor ?? 0);
  const end = from + limit;
  return { rows: all.slice(from, end), next: end < all.length ? String(end) : null };
}

/** The same both ways: `back` is the page that ends at the cursor. */
export function stretch<T>(all: T[], cursor: string | null, back: boolean, limit: number) {
  if (!back) return paged(all, cursor, limit);
  const end = Number(cursor ?? 0);
  const from = Math.max(0, end - limit);
  return { rows: all.slice(from, end), next: from ? String(from) : null };
}

export const digits = (text: string) => text.replace(/\D/g, "");

export const ago = (minutes: number, now = Date.now()) => new Date(now - minutes * 60_000).toISOString();

/** What links ask to dial, by the scenario's name. */
export const dials: Record<string, DialOffer> = {
  dial: {
    question: 1,
    kind: "number",
    text: shownNumber(99),
    number: keyNumber(99),
    names: ["Орлова Марина"],
    company: "ООО «Северный ветер»",
  },
  "dial-several": {
    question: 2,
    kind: "number",
    text: shownNumber(98),
    number: keyNumber(98),
    names: ["Белов Артём", "Белова Ирина"],
    company: null,
  },
  "dial-short": { question: 3, kind: "number", text: "112", number: "112", names: [], company: null },
  "dial-code": {
    question: 4,
    kind: "code",
    text: "*21*89000000099#",
    number: null,
    names: [],
    company: null,
  },
  "dial-unread": {
    question: 5,
    kind: "unread",
    text: "+7 49520000002001",
    number: null,
    names: [],
    company: null,
  },
};

export const abonents: Abonent[] = [
  ["Иванов Пётр", 1, "101", "Отдел продаж"],
  ["Смирнова Анна", 2, "102", "Отдел продаж"],
  ["Кузнецов Олег", 3, "103", "Сервис"],
  ["Попова Мария", 4, "104", "Бухгалтерия"],
  ["Васильев Игорь", 5, "105", "Склад"],
  ["Соколова Елена", 6, "", ""],
  ["", 7, "107", "Склад"],
].map(([name, n, extension, department]) => ({
  id: `900000000${n}@mpbx.sip.beeline.ru`,
  name: String(name),
  phone: shownNumber(Number(n)),
  extension: String(extension),
  department: String(department),
}));

/** No calls are forwarded. */
export const nowhere: ForwardTo = {
  all: null,
  busy: null,
  notAnswered: null,
  unavailable: null,
  rings: null,
};

export function state(over: Partial<AppState> = {}): AppState {
  return {
    version: "0.1.0",
    wizard: false,
    me: abonents[0] ?? null,
    service: {
      level: "ready",
      trouble: null,
      embedded: true,
      relayUrl: "http://127.0.0.1:8731",
      token: true,
      callbackUrl: "https://pbx.example/xsi/4f1c9a7be2d05836",
      subscriptionUntil: ago(-55),
      lastEventAt: ago(1),
      secrets: "keyring",
      toasts: "actions",
      admin: true,
      mode: "live",
      recordsAt: ago(3),
      recordsError: null,
      connected: true,
      dataDir: "/home/anna/.local/share/ru.perezvon.desk",
    },
    toCallBack: 5,
    unseen: 3,
    forwarding: { on: false, ...nowhere },
    settings: {
      language: "ru",
      theme: "light",
      autostart: false,
      listen: "127.0.0.1:8731",
      publicUrl: "https://pbx.example",
      graceS: 30,
      incoming: true,
      answeredElsewhere: true,
      missed: true,
      internal: true,
      progress: true,
      documents: "all",
      documentToast: true,
      digest: true,
      linksDial: false,
      offerCopied: false,
      afterCall: true,
      outcomes: [],
      contactFiles: [],
      quiet: false,
      quietFrom: "20:00",
      quietTill: "08:00",
      dialKey: "Ctrl+Shift+F9",
      popup: "needed",
      popupScreen: "pointer",
      popupKey: "Ctrl+Shift+F10",
      updates: "tell",
    },
    update: {
      way: "itself",
      step: "idle",
      percent: null,
      newer: null,
      askedAt: ago(40),
      trouble: null,
      detail: null,
      updatedFrom: null,
    },
    keys: { dial: { state: "on", given: "" }, popup: { state: "on", given: "" }, wayland: false },
    tray: true,
    fixed: [],
    example: false,
    ...over,
  };
}

export function call(over: Partial<CallRow> = {}): CallRow {
  return {
    id: "01J0000000000000000000CALL",
    abonent: null,
    direction: "incoming",
    outcome: "ended",
    uncertain: false,
    name: "Орлова Дарья",
    number: shownNumber(11),
    numberKey: keyNumber(11),
    hidden: false,
    internal: false,
    contactId: 1,
    candidates: [],
    line: "Отдел продаж",
    answeredBy: null,
    startedAt: ago(12),
    waitMs: 8250,
    talkMs: 221_000,
    documentId: 42,
    recording: "none",
    sound: "none",
    soundId: null,
    toCallBack: false,
    lost: false,
    noted: false,
    abonentId: abonents[0]?.id ?? null,
    ...over,
  };
}

const unknown = { name: null, contactId: null };

/** One of every kind, newest first. */
export function samples(): CallRow[] {
  const none = { talkMs: null };
  const rows: Partial<CallRow>[] = [
    {
      outcome: "ringing",
      ...none,
      waitMs: null,
      documentId: null,
      startedAt: ago(0.1),
      line: "Очередь «Продажи»",
    },
    {
      outcome: "talking",
      direction: "outgoing",
      name: "ООО «Берёзка»",
      number: shownNumber(12),
      numberKey: keyNumber(12),
      contactId: 2,
      ...none,
      waitMs: 6000,
      documentId: null,
      startedAt: ago(1.4),
      line: null,
    },
    {
      outcome: "missed",
      ...unknown,
      number: shownNumber(21),
      numberKey: keyNumber(21),
      ...none,
      waitMs: 18_000,
      startedAt: ago(9),
      toCallBack: true,
      documentId: 41,
    },
    {
      outcome: "answered_by",
      answeredBy: "Смирнова Анна",
      name: "Лебедев Антон",
      number: shownNumber(13),
      numberKey: keyNumber(13),
      contactId: 3,
      ...none,
      documentId: null,
      startedAt: ago(26),
    },
    {
      outcome: "ended",
      startedAt: ago(41),
      recording: "ready",
      sound: "here",
      soundId: 1,
      documentId: 40,
      noted: true,
    },
    {
      outcome: "no_answer",
      direction: "outgoing",
      name: "Романова Вера",
      number: shownNumber(14),
      numberKey: keyNumber(14),
      contactId: 4,
      ...none,
      waitMs: 31_000,
      startedAt: ago(62),
      line: null,
      documentId: 39,
    },
    {
      outcome: "ended",
      direction: "outgoing",
      talkMs: 3_821_000,
      startedAt: ago(95),
      line: null,
      documentId: 38,
    },
    {
      outcome: "ended",
      uncertain: true,
      ...unknown,
      number: shownNumber(22),
      numberKey: keyNumber(22),
      ...none,
      startedAt: ago(130),
      documentId: null,
    },
    {
      outcome: "missed",
      hidden: true,
      ...unknown,
      number: null,
      numberKey: null,
      ...none,
      startedAt: ago(60 * 25),
      documentId: 37,
    },
    {
      outcome: "rejected",
      direction: "outgoing",
      ...unknown,
      number: shownNumber(23),
      numberKey: keyNumber(23),
      ...none,
      startedAt: ago(60 * 25.5),
      line: null,
      documentId: 36,
    },
    {
      outcome: "cancelled",
      direction: "outgoing",
      ...unknown,
      number: shownNumber(24),
      numberKey: keyNumber(24),
      ...none,
      startedAt: ago(60 * 26),
      line: null,
      documentId: 35,
    },
    {
      outcome: "unreachable",
      direction: "outgoing",
      name: "Тихонов Лев",
      number: shownNumber(15),
      numberKey: keyNumber(15),
      contactId: 5,
      ...none,
      startedAt: ago(60 * 27),
      line: null,
      documentId: 34,
    },
    { outcome: "transferred", startedAt: ago(60 * 28), documentId: 33, talkMs: 15_000 },
    {
      outcome: "ended",
      internal: true,
      name: "Кузнецов Олег",
      number: "103",
      numberKey: "103",
      contactId: null,
      line: null,
      startedAt: ago(60 * 50),
      documentId: 32,
    },
    {
      outcome: "missed",
      name: null,
      contactId: null,
      candidates: [
        { id: 1, name: "Орлова Дарья" },
        { id: 6, name: "Орлов Максим" },
      ],
      number: shownNumber(25),
      numberKey: keyNumber(25),
      ...none,
      startedAt: ago(60 * 52),
      toCallBack: true,
      lost: true,
      documentId: 31,
    },
    {
      name: "Общество с ограниченной ответственностью «Северо-Западная строительно-монтажная компания „Невский проспект“»",
      contactId: 7,
      line: "Многоканальный номер отдела по работе с корпоративными клиентами",
      answeredBy: "Константинопольская-Верещагина Александра",
      outcome: "answered_by",
      ...none,
      number: shownNumber(26),
      numberKey: keyNumber(26),
      startedAt: ago(60 * 75),
      documentId: null,
    },
  ];
  return rows.map((over, index) =>
    call({ id: `01J000000000000000000000${String(index).padStart(2, "0")}`, ...over }),
  );
}

export function many(count: number): CallRow[] {
  return Array.from({ length: count }, (_, index) =>
    call({
      id: `01K${String(index).padStart(23, "0")}`,
      name: index % 3 ? `Клиент ${index}` : null,
      contactId: index % 3 ? 1 : null,
      outcome: index % 5 === 0 ? "missed" : "ended",
      talkMs: index % 5 === 0 ? null : 1000 * (index % 600),
      startedAt: ago(index * 17),
      documentId: null,
    }),
  );
}

export const legs = (): LegView[] => [
  {
    name: "Голосовое меню",
    own: false,
    system: true,
    state: "Released",
    cause: null,
    startedAt: ago(12.3),
    answeredAt: ago(12.3),
    endedAt: ago(12.1),
  },
  {
    name: null,
    own: false,
    system: true,
    state: "Released",
    cause: null,
    startedAt: ago(12.3),
    answeredAt: ago(12.3),
    endedAt: ago(12.1),
  },
  {
    name: null,
    own: false,
    system: true,
    state: "Released",
    cause: null,
    startedAt: ago(12.3),
    answeredAt: ago(12.3),
    endedAt: ago(12.1),
  },
  {
    name: "Кузнецов Олег",
    own: false,
    system: false,
    state: "Released",
    cause: "Busy",
    startedAt: ago(12.1),
    answeredAt: null,
    endedAt: ago(12),
  },
  {
    name: "Иванов Пётр",
    own: true,
    system: false,
    state: "Released",
    cause: null,
    startedAt: ago(12),
    answeredAt: ago(11.8),
    endedAt: ago(8.1),
  },
];

/** What the settings show of new versions. */
const update = (over: Partial<UpdateView>): Partial<AppState> => ({ update: { ...state().update, ...over } });
const newer = {
  version: "0.2.0",
  notes: "Очередь «Надо перезвонить» открывается сразу.\nЖурнал ищет по заметкам.",
};
export const updates: Record<string, Partial<AppState>> = {
  "update-newer": update({ newer, updatedFrom: "0.0.9" }),
  "update-fetching": update({ newer, step: "fetching", percent: 42 }),
  "update-waiting": update({ newer, step: "quiet" }),
  "update-refused": update({ newer, trouble: "bad_signature", detail: "The signature verification failed" }),
  "update-system": update({ newer, way: "system" }),
  "update-none": update({ way: "none", askedAt: null }),
};
