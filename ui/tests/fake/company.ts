/** What an administrator's pages read: the relay's part of the stand-in app. */
import type { AbonentRow } from "../../src/lib/bindings/AbonentRow";
import type { AuditRow } from "../../src/lib/bindings/AuditRow";
import type { EventRow } from "../../src/lib/bindings/EventRow";
import type { ExchangeRow } from "../../src/lib/bindings/ExchangeRow";
import type { Failure } from "../../src/lib/bindings/Failure";
import type { JoinCodeRow } from "../../src/lib/bindings/JoinCodeRow";
import type { SettingRow } from "../../src/lib/bindings/SettingRow";
import type { SubscriptionsView } from "../../src/lib/bindings/SubscriptionsView";
import type { UserRow } from "../../src/lib/bindings/UserRow";
import { abonents, ago, paged } from "./data";

type Args = Record<string, any>;

export const rows = (): AbonentRow[] =>
  abonents.map(({ id, name, extension, department }, n) => {
    const [lastName, firstName] = name.split(" ");
    return {
      id,
      phone: `+7 (900) 000-00-0${n + 1}`,
      firstName: firstName ?? null,
      lastName: lastName || null,
      extension: extension || null,
      department: department || null,
      email: null,
      recording: n === 6 ? null : n % 2 ? "off" : "on",
      recordingChanged: n === 0 ? { at: ago(60 * 26), by: "Администратор" } : null,
      goneAt: null,
    };
  });

const subscription = (n: number, over: Partial<SubscriptionsView["subscriptions"][number]> = {}) => ({
  id: `00000000-0000-4000-8000-00000000000${n}`,
  abonent: null,
  kind: "ADVANCED_CALL",
  grantedS: 3600,
  madeAt: ago(n * 30 + 5),
  expiresAt: ago(n * 30 - 55),
  renewedBy: null,
  endedAt: n ? ago(n * 30 - 25) : null,
  endReason: n ? "renewed" : null,
  lastEventAt: ago(n * 30 + 1),
  ...over,
});

export const RAW =
  '<?xml version="1.0" encoding="UTF-8"?><xsi:Event xsi:type="xsi:SubscriptionEvent"><xsi:eventID>7</xsi:eventID><xsi:eventData xsi:type="xsi:CallReceivedEvent"><xsi:call><xsi:callId>callhalf-1:0</xsi:callId></xsi:call></xsi:eventData></xsi:Event>';

function event(seq: number, over: Partial<EventRow> = {}): EventRow {
  const kinds = ["CallReceivedEvent", "CallAnsweredEvent", "CallReleasedEvent"];
  return {
    seq,
    receivedAt: ago(250 - seq),
    kind: kinds[seq % 3] ?? "",
    target: abonents[seq % 6]?.id ?? null,
    callKey: `9002${seq}:1`,
    callId: null,
    sequence: seq,
    subscriptionId: "00000000-0000-4000-8000-000000000000",
    error: null,
    mended: null,
    bytes: 1480,
    raw: null,
    ...over,
  };
}

const schema: SettingRow[] = [
  {
    key: "publicUrl",
    manual: "W2",
    name: { ru: "Публичный адрес", en: "Public address" },
    meaning: { ru: "По нему АТС присылает события.", en: "The PBX posts events there." },
    kind: "address",
    where: "settings",
    unit: null,
    default: null,
    min: null,
    max: null,
    choices: [],
    applied: true,
    why: null,
  },
  {
    key: "subscriptionExpiresS",
    manual: "W4",
    name: { ru: "Периодичность активации подписки", en: "How long to subscribe" },
    meaning: { ru: "На столько оформляется подписка.", en: "So long a subscription is asked for." },
    kind: "number",
    where: "settings",
    unit: "s",
    default: 86_400,
    min: 60,
    max: 604_800,
    choices: [],
    applied: true,
    why: null,
  },
  {
    key: "graceMs",
    manual: null,
    name: { ru: "Ждать ответа коллеги", en: "Wait for a colleague" },
    meaning: { ru: "Столько звонок ещё не пропущен.", en: "So long a call is not yet missed." },
    kind: "number",
    where: "settings",
    unit: "ms",
    default: 30_000,
    min: 0,
    max: 600_000,
    choices: [],
    applied: true,
    why: null,
  },
  {
    key: "subscriptionScope",
    manual: null,
    name: { ru: "Вид подписки", en: "Kind of subscription" },
    meaning: { ru: "Одна на всех или своя у каждого.", en: "One for all, or one for each." },
    kind: "choice",
    where: "settings",
    unit: null,
    default: "group",
    min: null,
    max: null,
    choices: [
      { value: "group", ru: "Общая", en: "Shared" },
      { value: "abonents", ru: "Для каждого абонента", en: "For each subscriber" },
    ],
    applied: true,
    why: null,
  },
  {
    key: "token",
    manual: "W1",
    name: { ru: "Токен", en: "Token" },
    meaning: { ru: "Ключ к АТС.", en: "The key to the PBX." },
    kind: "text",
    where: "token",
    unit: null,
    default: null,
    min: null,
    max: null,
    choices: [],
    applied: true,
    why: null,
  },
  {
    key: "interactionTransport",
    manual: "W6",
    name: { ru: "Использовать транспорт Системы взаимодействия", en: "Use the collaboration system" },
    meaning: { ru: "Доставка через сервер 1С.", en: "Delivery by the 1C server." },
    kind: "bool",
    where: "nowhere",
    unit: null,
    default: false,
    min: null,
    max: null,
    choices: [],
    applied: false,
    why: { ru: "звонки приходят напрямую", en: "calls come directly" },
  },
];

export class Company {
  rows = rows();
  diff = {
    new: [] as AbonentRow[],
    changed: [] as { before: AbonentRow; after: AbonentRow }[],
    gone: [] as AbonentRow[],
  };
  /** What the PBX says after a switch, where it does not follow. */
  stubborn = false;
  subscriptions: SubscriptionsView = {
    subscriptions: [0, 1, 2, 3].map((n) => subscription(n)),
    keeper: {
      state: "active",
      groupRefused: false,
      until: ago(-55),
      lastEventAt: ago(1),
      nextRenewalAt: ago(-25),
      failure: null,
      error: null,
      trouble: null,
    },
    off: [],
  };
  events: EventRow[] = Array.from({ length: 240 }, (_, n) => event(240 - n)).map((one) =>
    one.seq === 238
      ? {
          ...one,
          kind: "",
          target: null,
          callKey: null,
          error: "not well-formed XML at byte 10",
          sequence: null,
        }
      : one,
  );
  exchanges: ExchangeRow[] = Array.from({ length: 120 }, (_, n) => ({
    seq: 120 - n,
    at: ago(n * 3),
    method: n % 4 ? "GET" : "PUT",
    path: n % 4 ? "abonents" : "subscription",
    status: n === 2 ? 503 : n === 5 ? null : 200,
    ms: 42 + n,
    error: n === 2 ? "pbx_unavailable" : n === 5 ? "pbx_timeout" : null,
    correlation: null,
  }));
  users: UserRow[] = [
    {
      id: "u1",
      name: "Смирнова Анна",
      role: "user",
      abonent: abonents[1]?.id ?? null,
      createdAt: ago(9000),
      revokedAt: null,
    },
    { id: "u2", name: "Директор", role: "admin", abonent: null, createdAt: ago(8000), revokedAt: null },
    {
      id: "u3",
      name: "Бывший Сотрудник",
      role: "user",
      abonent: abonents[3]?.id ?? null,
      createdAt: ago(9900),
      revokedAt: ago(500),
    },
  ];
  codes: JoinCodeRow[] = [
    {
      id: "c1",
      name: "Кузнецов Олег",
      role: "user",
      abonent: abonents[2]?.id ?? null,
      createdAt: ago(5),
      expiresAt: ago(-25),
      createdBy: "Директор",
    },
  ];
  audit: AuditRow[] = [
    ["join_code_made", "c1", { name: "Кузнецов Олег", role: "user", abonent: abonents[2]?.id }],
    ["recording_switched", abonents[0]?.id, { asked: "on", before: "off", after: "on" }],
    ["recording_played", "rec-17", { abonent: abonents[1]?.id, startedAt: ago(200) }],
    ["settings_changed", null, { graceMs: { from: 30_000, to: 45_000 } }],
  ].map(([what, subject, detail], n) => ({
    seq: 4 - n,
    at: ago(n * 70 + 5),
    who: { name: "Директор", role: "admin" },
    what: String(what),
    subject: subject ? String(subject) : null,
    detail: JSON.stringify(detail),
  }));
  schema = schema;
  values: Record<string, unknown> = {
    publicUrl: "https://pbx.example",
    subscriptionExpiresS: 86_400,
    graceMs: 45_000,
    subscriptionScope: "group",
  };

  /** The answer, or `undefined` for what is not the relay's. */
  answer(command: string, args: Args): unknown {
    const missing: Failure = { code: "not_found", detail: null };
    switch (command) {
      case "company.list":
        return this.rows;
      case "company.find": {
        // The app's own looking is tested there.
        const words = (args.query as string).toLocaleLowerCase().split(/\s+/).filter(Boolean);
        const found = (one: AbonentRow) =>
          words.every((word) => Object.values(one).join(" ").toLocaleLowerCase().includes(word));
        return this.rows.filter(found).map((one) => one.id);
      }
      case "company.preview":
        return this.diff;
      case "company.fill": {
        const changed = new Map(this.diff.changed.map((one) => [one.after.id, one.after]));
        const gone = new Set(this.diff.gone.map((one) => one.id));
        this.rows = this.rows
          .filter((one) => !gone.has(one.id))
          .map((one) => changed.get(one.id) ?? one)
          .concat(this.diff.new);
        return null;
      }
      case "company.switch_recording": {
        const state = args.on !== this.stubborn ? "on" : "off";
        const changed = { at: ago(0), by: "Администратор" };
        this.rows = this.rows.map((one) =>
          one.id === args.abonent ? { ...one, recording: state, recordingChanged: changed } : one,
        );
        return state;
      }
      case "subscriptions.switch":
        return null;
      case "subscriptions.list":
        return this.subscriptions;
      case "subscriptions.renew":
        this.subscriptions = {
          ...this.subscriptions,
          keeper: { ...this.subscriptions.keeper, state: "active", failure: null, trouble: null },
        };
        return null;
      case "journal.events":
        return this.#page("events", this.events, args, (one) => one.error !== null);
      case "journal.event": {
        const found = this.events.find((one) => one.seq === args.seq);
        if (!found) throw missing;
        return { ...found, raw: found.error ? "<xsi:Event" : RAW };
      }
      case "journal.replay":
        if (this.events.find((one) => one.seq === args.seq)?.error)
          return { changed: false, before: null, after: null, error: "not well-formed XML at byte 10" };
        return {
          error: null,
          changed: true,
          before: { version: 1, outcome: "ringing", legs: [{ state: "Alerting" }] },
          after: { version: 2, outcome: "missed", legs: [{ state: "Released" }] },
        };
      case "journal.export":
        return "/home/user/Downloads/perezvon-events.jsonl";
      case "journal.exchanges":
        return this.#page("exchanges", this.exchanges, args, (one) => one.error !== null);
      case "people.users":
        return this.users;
      case "people.revoke":
        this.users = this.users.map((one) => (one.id === args.id ? { ...one, revokedAt: ago(0) } : one));
        return null;
      case "people.codes":
        return this.codes;
      case "people.invite": {
        const { name, role, abonent } = args.invitation;
        const made = { id: "c2", createdAt: ago(0), expiresAt: ago(-30), createdBy: "Директор" };
        this.codes = [...this.codes, { ...made, name, role, abonent }];
        const code = "K7M2-4QXP-9DRT";
        return {
          id: "c2",
          code,
          link: `perezvon://join?relay=https%3A%2F%2Frelay.example&code=${code}`,
          expiresAt: made.expiresAt,
        };
      }
      case "people.withdraw":
        this.codes = this.codes.filter((one) => one.id !== args.id);
        return null;
      case "audit.list": {
        const found = this.audit.filter((one) => !args.what || one.what === args.what);
        const { rows, next } = paged(found, args.cursor, args.limit);
        return { entries: rows, cursor: next };
      }
      case "pbx.read":
        return { schema: this.schema, values: this.values };
      case "pbx.save":
        this.values = { ...this.values, ...args.change };
        return null;
      default:
        return undefined;
    }
  }

  #page<T>(name: string, all: T[], args: Args, bad: (one: T) => boolean): unknown {
    const query = String(args.filter.query).toLocaleLowerCase();
    const found = all.filter(
      (one) =>
        (!args.filter.bad || bad(one)) && (!query || JSON.stringify(one).toLocaleLowerCase().includes(query)),
    );
    const { rows, next } = paged(found, args.cursor, args.limit);
    return { [name]: rows, cursor: next };
  }
}
