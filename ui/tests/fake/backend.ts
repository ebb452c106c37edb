/** An app in memory: every command of the contract over fictional data. Tests change its fields; a browser picks a
 *  scenario by the address: `?scenario=empty&theme=dark&language=en`. */
import type { AppState } from "../../src/lib/bindings/AppState";
import type { CallMark } from "../../src/lib/bindings/CallMark";
import type { CallNote } from "../../src/lib/bindings/CallNote";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import type { CallsFilter } from "../../src/lib/bindings/CallsFilter";
import type { CallsKept } from "../../src/lib/bindings/CallsKept";
import type { CallsSpan } from "../../src/lib/bindings/CallsSpan";
import type { CompanyCalls } from "../../src/lib/bindings/CompanyCalls";
import type { Changed } from "../../src/lib/bindings/Changed";
import { Imports } from "./imports";
import type { ContactRow } from "../../src/lib/bindings/ContactRow";
import type { ContactDraft } from "../../src/lib/bindings/ContactDraft";
import type { DialFound } from "../../src/lib/bindings/DialFound";
import type { DialOffer } from "../../src/lib/bindings/DialOffer";
import type { DocumentView } from "../../src/lib/bindings/DocumentView";
import type { DocumentsFilter } from "../../src/lib/bindings/DocumentsFilter";
import type { Failure } from "../../src/lib/bindings/Failure";
import type { Settings } from "../../src/lib/bindings/Settings";
import type { Theme } from "../../src/lib/bindings/Theme";
import type { ToastView } from "../../src/lib/bindings/ToastView";
import type { Tongue } from "../../src/lib/bindings/Tongue";
import { Company } from "./company";
import * as data from "./data";
import * as records from "./records";
import { Queue } from "./queue";
import { Recordings } from "./recordings";
import { Reports } from "./report";
import { ringing, samples } from "./toasts";

/** Arguments as they come over the wire; each command knows its own. */
type Args = Record<string, any>;

const digits = (text: string) => text.replace(/\D/g, "");
const missing: Failure = { code: "not_found", detail: null };

export type CloseEvent = { preventDefault: () => void };

export class Backend {
  state!: AppState;
  calls!: CallRow[];
  contacts!: ReturnType<typeof records.contacts>;
  notifications!: ReturnType<typeof records.notifications>;
  abonents!: typeof data.abonents;
  checks!: ReturnType<typeof records.checks>;
  notes!: Map<string, CallNote>;
  /** The contacts before the last merge. */
  merged!: ReturnType<typeof records.contacts>;
  /** Conversations that have ended a moment ago. */
  justEnded!: CallRow[];
  company!: Company;
  companyCalls!: CompanyCalls;
  recordings!: Recordings;
  imports!: Imports;
  reports!: Reports;
  queue!: Queue;
  kept!: CallsKept;
  /** What a link asks to dial. */
  dial!: DialOffer | null;
  /** The relay that one is asked to join. */
  offer!: string | null;
  title!: string;
  /** What the app's own window of toasts shows. */
  toasts!: ToastView[];
  /** Pages that a small window has sent the window to. */
  opened!: string[];
  /** How often a small window was closed, and its height. */
  destroyed = 0;
  height = 0;
  /** What was asked, in order. */
  asked!: { command: string; args: Record<string, unknown> }[];
  /** Commands that fail, and how. */
  fails!: Record<string, Failure | string>;
  /** Commands that never answer. */
  silent!: Set<string>;
  goodToken!: string;
  #ears = new Map<string, Set<(payload: unknown) => void>>();

  constructor() {
    this.reset();
  }

  reset(): void {
    this.toasts = ringing();
    this.opened = [];
    this.destroyed = 0;
    this.height = 0;
    this.state = data.state();
    this.calls = data.samples();
    this.contacts = records.contacts();
    this.notifications = records.notifications();
    this.abonents = data.abonents;
    this.checks = records.checks();
    this.notes = new Map();
    this.justEnded = [];
    this.company = new Company();
    this.companyCalls = { wanted: false, whole: false, percent: 0, trouble: null };
    this.recordings = new Recordings(
      (name, payload) => this.emit(name, payload),
      (ids) => this.changed({ recordings: ids }),
    );
    this.reports = new Reports();
    this.queue = new Queue();
    this.kept = {
      saved: [],
      table: false,
      columns: ["date", "number", "incoming", "missed", "seconds", "person", "abonent"],
    };
    this.imports = new Imports();
    this.dial = null;
    this.offer = null;
    this.title = "";
    this.asked = [];
    this.fails = {};
    this.silent = new Set();
    this.goodToken = "good-token";
  }

  listen(name: string, heard: (payload: unknown) => void): () => void {
    const ears = this.#ears.get(name) ?? new Set();
    this.#ears.set(name, ears.add(heard));
    return () => ears.delete(heard);
  }

  /** Where a click led before the window listened. */
  route: string | null = null;

  emit(name: string, payload: unknown): void {
    for (const heard of [...(this.#ears.get(name) ?? [])]) heard(payload);
  }

  /** Who is asked before the window closes. */
  closing: ((event: CloseEvent) => Promise<void>) | null = null;

  /** The close button; answers whether the window closed. */
  async close(): Promise<boolean> {
    let kept = false;
    await this.closing?.({ preventDefault: () => (kept = true) });
    return !kept;
  }

  changed(what: Partial<Changed>): void {
    const { toCallBack, unseen } = this.state;
    this.emit("changed", {
      calls: [],
      ringing: [],
      ended: [],
      callers: [],
      numbers: [],
      contacts: [],
      notices: [],
      documents: [],
      recordings: [],
      callbacks: false,
      service: false,
      settings: false,
      counts: { toCallBack, unseen },
      ...what,
    } satisfies Changed);
  }

  times(command: string): number {
    return this.asked.filter((one) => one.command === command).length;
  }

  last(command: string): Record<string, unknown> | undefined {
    return this.asked.findLast((one) => one.command === command)?.args;
  }

  async invoke(command: string, args: Args): Promise<unknown> {
    this.asked.push({ command, args: structuredClone(args) });
    await Promise.resolve();
    if (this.silent.has(command)) return new Promise(() => undefined);
    const failure = this.fails[command];
    // Commands reject with plain objects, as Tauri does.
    if (failure) throw failure;
    return structuredClone(this.#answer(command, args));
  }

  #answer(command: string, args: Args): unknown {
    switch (command) {
      case "frame.state":
        return this.state;
      case "calls.list":
        return data.stretch(this.#listed(args.filter, args.span), args.cursor, args.back, args.limit);
      case "calls.paper":
        return data.stretch(this.#listed(args.filter, args.span), args.cursor, false, args.limit);
      case "calls.latest":
        return this.calls.slice(0, args.limit);
      case "calls.place": {
        const rows = this.#listed(args.filter, args.span);
        const newer = (one: CallRow) => Date.parse(one.startedAt ?? "") >= args.at.moment;
        const row = args.at.row ?? rows.filter(newer).length;
        return { row, total: rows.length, cursor: row ? String(row) : null };
      }
      case "calls.rows":
        return this.#listed(args.filter, { fromMs: null, untilMs: null }).filter((row) =>
          args.ids.includes(row.id),
        );
      case "calls.one": {
        const found = this.calls.find((one) => one.id === args.id);
        if (!found) throw missing;
        const row = { ...found, abonent: args.abonent };
        const history = this.calls.filter((one) => one.numberKey === row.numberKey && one.id !== row.id);
        return {
          row,
          written: this.#written(row.id),
          legs: row.internal ? [] : data.legs(),
          history: history.slice(0, 20),
        };
      }
      case "calls.kept":
        return this.kept;
      case "calls.keep":
        this.kept = args.kept as CallsKept;
        return null;
      case "calls.save":
        return {
          path: `/home/anna/Загрузки/${String(args.name)}.csv`,
          rows: this.#listed(args.filter, args.span).filter((row) => args.ids?.includes(row.id) ?? true)
            .length,
        };
      case "calls.company":
        return this.companyCalls;
      case "calls.want_company":
        this.companyCalls = {
          ...this.companyCalls,
          wanted: args.wanted,
          whole: false,
          percent: args.wanted ? 42 : 0,
        };
        return null;
      case "calls.abonents":
        return data.abonents.slice(1).map(({ id, name }) => ({ id, name: name || id }));
      case "calls.call_back":
        return { request: "01R0000000000000000000000A" };
      case "dial.offer":
        return this.dial;
      case "dial.find":
        return this.#toDial(args.text);
      case "dial.accept":
        if (!this.dial || args.number !== this.dial.number) throw missing;
        this.dial = null;
        return { request: "01R0000000000000000000000A" };
      case "dial.decline":
        this.dial = null;
        return null;
      case "import.begin":
      case "import.piece":
      case "import.read":
      case "import.start":
      case "import.progress":
      case "import.cancel":
      case "import.close":
        return this.imports.answer(command, args);
      case "import.undo":
        this.changed({ contacts: "many", numbers: "many" });
        return this.imports.answer(command, args);
      case "contacts.list":
        return data.stretch(this.#contacts(args.query), args.cursor, args.back, args.limit);
      case "contacts.place": {
        const rows = this.#contacts(args.query);
        const name = String(args.at.name ?? "").toLocaleLowerCase();
        const begins = rows.findIndex((one) => one.name.toLocaleLowerCase().startsWith(name));
        const behind = rows.findIndex((one) => one.name.toLocaleLowerCase() > name);
        const found = args.at.row ?? (begins < 0 ? behind : begins);
        const row = found < 0 ? rows.length - 1 : found;
        return { row, total: rows.length, cursor: row ? String(row) : null };
      }
      case "contacts.one": {
        const contact = this.contacts.find((one) => one.id === args.id);
        if (!contact) throw missing;
        const calls = this.calls.filter((row) => row.contactId === contact.id).slice(0, 100);
        const notes = calls
          .filter((row) => this.notes.has(row.id))
          .map((row) => ({ call: row.id, written: this.#written(row.id) }));
        const same = (company: string, one: string) => company !== "" && company === one;
        const people = this.contacts.filter(({ company }) => same(company, contact.name));
        const reminders = contact.id === 1 ? [{ id: 2, at: data.ago(-120), note: "Сказать о скидке" }] : [];
        return {
          ...contact,
          companyId: this.contacts.find(({ name }) => same(contact.company, name))?.id ?? null,
          people: people.map(({ id, name }) => ({ id, name })),
          reminders,
          calls,
          notes,
        };
      }
      case "contacts.save":
        return this.#save(args.draft);
      case "contacts.attach_number": {
        const contact = this.contacts.find((one) => one.id === args.id);
        if (!contact) throw missing;
        contact.numbers.push({ display: args.number, key: args.number, label: args.label });
        this.changed({ contacts: "many", numbers: "many" });
        return null;
      }
      case "contacts.merge": {
        const [into, ...others] = args.ids as number[];
        this.merged = this.contacts;
        this.contacts = this.contacts
          .filter((one) => !others.includes(one.id))
          .map((one) =>
            one.id === into
              ? {
                  ...one,
                  numbers: this.contacts
                    .filter((own) => args.ids.includes(own.id))
                    .flatMap((own) => own.numbers),
                }
              : one,
          );
        this.changed({ contacts: "many", numbers: "many" });
        return 1;
      }
      case "contacts.unmerge":
        this.contacts = this.merged;
        this.changed({ contacts: "many", numbers: "many" });
        return null;
      case "contacts.watched":
        return this.state.settings.contactFiles.map((path, at) => ({
          path,
          state: at ? "missing" : "read",
          changed: at ? 0 : 12,
          skipped: at ? 0 : 3,
        }));
      case "contacts.export":
        return {
          path: `/home/user/Загрузки/Контакты.${args.format === "csv" ? "csv" : "vcf"}`,
          rows: this.contacts.filter((one) => args.ids?.includes(one.id) ?? true).length,
        };
      case "contacts.delete":
        this.contacts = this.contacts.filter((one) => one.id !== args.id);
        this.changed({ contacts: "many", numbers: "many" });
        return null;
      case "document.one": {
        const row = this.calls.find((one) => one.documentId === args.id);
        if (!row) throw missing;
        return this.#document(row);
      }
      case "document.rows":
        return this.calls
          .filter((row) => args.ids.includes(row.documentId))
          .map((row) => this.#document(row));
      case "document.list": {
        const { kind, query } = args.filter as DocumentsFilter;
        const rows = this.calls
          .filter((row) => row.documentId !== null)
          .filter(
            (row) =>
              kind === "all" ||
              kind === row.direction ||
              (kind !== "incoming" && kind !== "outgoing" && this.notes.has(row.id)),
          )
          .map((row) => this.#document(row))
          .filter(({ call, written }) =>
            `${call.name} ${written.note} ${written.outcome}`
              .toLocaleLowerCase()
              .includes(query.toLocaleLowerCase()),
          );
        return data.paged(rows, args.cursor, args.limit);
      }
      case "notes.of_call":
        return this.#written(args.call);
      case "notes.save":
        this.notes.set(args.call, args.written);
        this.changed({ calls: [args.call] });
        return null;
      case "notes.just_ended":
        return this.justEnded
          .filter((row) => args.ids.includes(row.id))
          .map((row) => ({ row, written: this.#written(row.id) }));
      case "notices.list": {
        const before = args.before as number | null;
        return this.notifications.filter((row) => before === null || row.id < before).slice(0, args.limit);
      }
      case "notices.rows":
        return this.notifications.filter((row) => args.ids.includes(row.id));
      case "notices.seen":
        for (const row of this.notifications) if (args.id === null || row.id === args.id) row.seen = true;
        this.state = { ...this.state, unseen: args.id === null ? 0 : Math.max(0, this.state.unseen - 1) };
        this.changed({ notices: args.id === null ? "many" : [args.id] });
        return null;
      default:
        return this.#settings(command, args);
    }
  }

  #settings(command: string, args: Args): unknown {
    const { service } = this.state;
    const serve = (over: Partial<AppState["service"]>) =>
      (this.state = { ...this.state, service: { ...service, ...over } });
    switch (command) {
      case "connection.check_token":
        if (args.token !== this.goodToken) throw { code: "token_refused", detail: null } satisfies Failure;
        return this.abonents;
      case "connection.save_token":
        serve({ token: true, secrets: args.insecure ? "file" : service.secrets });
        return null;
      case "connection.abonents":
        return service.token || !service.embedded ? this.abonents : [];
      case "connection.choose_me":
        this.state = { ...this.state, me: this.abonents.find((one) => one.id === args.abonent) ?? null };
        return null;
      case "connection.join":
        serve(args.url ? { embedded: false, relayUrl: args.url, callbackUrl: null } : { embedded: true });
        return null;
      case "join.offer": {
        const link = /^perezvon:\/\/join\?relay=([^&]+)&code=/.exec(args.code);
        if (args.code) this.offer = link ? decodeURIComponent(link[1] ?? "") : args.relay;
        return this.offer && { relay: this.offer, inTheClear: this.offer.startsWith("http://") };
      }
      case "join.accept":
        serve({ embedded: false, relayUrl: args.relay, callbackUrl: null });
        this.offer = null;
        return { role: "user", name: "Смирнова Анна", me: this.abonents[1]?.id ?? null };
      case "join.decline":
        this.offer = null;
        return null;
      case "settings.save":
        this.state = { ...this.state, settings: args.settings as Settings };
        this.changed({ settings: true });
        return null;
      case "small.toasts":
        return this.toasts;
      case "small.press":
      case "small.dismiss":
        this.toasts = this.toasts.filter((one) => one.key !== args.key);
        this.emit("toasts", null);
        return null;
      case "small.open":
        this.opened.push(args.route);
        return null;
      case "settings.samples":
        return samples;
      case "settings.show_sample":
        return null;
      case "settings.export":
        return "/home/anna/Загрузки/Настройки Перезвона.json";
      case "settings.import": {
        const { settings } = JSON.parse(args.text) as { settings: Record<string, unknown> };
        const known = Object.entries(settings).filter(([name]) => name in this.state.settings);
        this.state = { ...this.state, settings: { ...this.state.settings, ...Object.fromEntries(known) } };
        return {
          taken: known.map(([name]) => name),
          left: Object.keys(settings).filter((name) => !(name in this.state.settings)),
        };
      }
      case "connection.check":
        return this.checks;
      case "frame.take_route": {
        const route = this.route;
        this.route = null;
        return route;
      }
      case "frame.example":
      case "frame.leave_example":
      case "updates.look":
      case "updates.install":
        return null;
      case "connection.finish_wizard":
        this.state = { ...this.state, wizard: false };
        this.changed({ settings: true });
        return null;
      default: {
        const own = this.recordings.answer(command, args);
        const company = own === undefined ? this.company.answer(command, args) : own;
        const report = company === undefined ? this.reports.answer(command, args) : company;
        const answer = report === undefined ? this.#queued(command, args) : report;
        if (answer === undefined) throw new Error(`no such command: ${command}`);
        return answer;
      }
    }
  }

  #queued(command: string, args: Args): unknown {
    const answer = this.queue.answer(command, args);
    if (answer === undefined || command === "queue.list" || command === "queue.rows") return answer;
    this.state = { ...this.state, toCallBack: this.queue.waiting.length };
    this.changed({ callbacks: true });
    return answer;
  }

  #listed(filter: CallsFilter, span: CallsSpan): CallRow[] {
    const query = filter.query.toLocaleLowerCase();
    const number = digits(query);
    const marks: Record<CallMark, (row: CallRow) => boolean> = {
      incoming: (row) => row.direction === "incoming",
      outgoing: (row) => row.direction === "outgoing",
      missed: (row) => row.outcome === "missed",
      lost: (row) => row.lost,
      first: (row) => !this.calls.some((one) => one.numberKey === row.numberKey && one.id > row.id),
      unregistered: (row) => row.contactId === null && !row.internal,
      recorded: (row) => row.recording !== "none",
      noted: (row) => row.noted,
    };
    const within = (ms: number) => ms >= (span.fromMs ?? 0) && ms < (span.untilMs ?? Infinity);
    // Of an abonent's calls here are some of the user's, as the abonent had them.
    const theirs = this.calls.filter((_, at) => at % 2).map((row) => ({ ...row, abonent: filter.abonent }));
    const found = (filter.abonent === null ? this.calls : theirs).filter(
      (row) =>
        within(Date.parse(row.startedAt ?? "1970-01-01")) &&
        filter.marks.every((mark) => marks[mark](row)) &&
        (!query ||
          row.name?.toLocaleLowerCase().includes(query) ||
          (number !== "" && row.numberKey !== null && digits(row.numberKey).includes(number))),
    );
    return filter.oldestFirst ? found.reverse() : found;
  }

  #contacts(query: string): ContactRow[] {
    const text = query.toLocaleLowerCase();
    return this.contacts
      .filter((one) => `${one.name} ${one.company}`.toLocaleLowerCase().includes(text))
      .map(({ id, kind, name, company, numbers }) => ({
        id,
        kind,
        name,
        company,
        number: numbers[0]?.display ?? null,
        numberKey: numbers[0]?.key ?? null,
      }));
  }

  #document(row: CallRow): DocumentView {
    return {
      id: row.documentId ?? 0,
      number: String(row.documentId).padStart(9, "0"),
      registeredAt: row.startedAt ?? data.ago(0),
      call: row,
      written: this.#written(row.id),
    };
  }

  #written(call: string): CallNote {
    return this.notes.get(call) ?? { outcome: "", note: "", tags: [], next: "" };
  }

  #toDial(text: string): DialFound {
    const number = digits(text);
    const kind = /^[*#]/.test(text) ? "code" : number.length < 7 ? "colleague" : "mobile";
    const key = kind === "mobile" ? `+7${number.slice(-10)}` : text;
    const owner = this.contacts.find((one) => one.numbers.some((own) => own.key === key));
    const words = text.toLocaleLowerCase();
    const lines = this.contacts
      .filter((one) => one.name.toLocaleLowerCase().includes(words))
      .flatMap(({ id, name, company, numbers }) =>
        numbers.map(({ key, display, label }) => ({
          contact: id,
          name,
          company,
          key,
          number: display,
          label,
        })),
      );
    const country = kind === "mobile" ? "RU" : null;
    const contacts = owner ? [{ id: owner.id, name: owner.name }] : [];
    const read = number !== "" && !/\p{L}/u.test(text);
    return { number: read ? { key, text, kind, country, contacts } : null, lines };
  }

  #save(draft: ContactDraft): number {
    const id = draft.id ?? Math.max(0, ...this.contacts.map((one) => one.id)) + 1;
    const saved = { ...draft, id, calls: [], notes: [], companyId: null, people: [], reminders: [] };
    this.contacts = [...this.contacts.filter((one) => one.id !== id), saved];
    const keys = new Set(draft.numbers.map((number) => digits(number.display).slice(-10)));
    this.calls = this.calls.map((row) =>
      row.numberKey && keys.has(digits(row.numberKey).slice(-10))
        ? { ...row, name: draft.name, contactId: id, candidates: [] }
        : row,
    );
    this.changed({ contacts: "many", numbers: "many" });
    return id;
  }
}

export const backend = new Backend();

/** Scenarios for a look in a browser. */
export function scenario(name: string): void {
  const service = (over: Partial<AppState["service"]>) =>
    (backend.state = { ...backend.state, service: { ...backend.state.service, ...over } });
  if (name === "empty") {
    backend.calls = [];
    backend.contacts = [];
    backend.notifications = [];
    backend.recordings.rows = [];
    backend.reports.empty = true;
    backend.state = { ...backend.state, toCallBack: 0, unseen: 0 };
    service({ lastEventAt: null });
  } else if (name === "silent") {
    // No sound device, and nothing can be fetched.
    backend.recordings.view.trouble = "sound_device_none";
    backend.recordings.trouble = "disk_full";
  } else if (name === "many") {
    backend.calls = data.many(10_000);
  } else if (name === "company") {
    backend.companyCalls = { wanted: true, whole: true, percent: 100, trouble: null };
  } else if (name === "loading") {
    backend.silent = new Set([
      "calls.list",
      "recordings.list",
      "contacts.list",
      "notices.list",
      "report.make",
      "calls.one",
      "contacts.one",
      "document.one",
      "document.list",
      "connection.abonents",
      "company.list",
      "subscriptions.list",
      "journal.events",
      "people.users",
      "audit.list",
      "pbx.read",
      "company.preview",
    ]);
  } else if (name === "error") {
    const relay = [
      "company.list",
      "subscriptions.list",
      "journal.events",
      "journal.exchanges",
      "people.users",
      "people.codes",
      "audit.list",
      "pbx.read",
    ];
    for (const one of [
      "calls.list",
      "recordings.list",
      "contacts.list",
      "notices.list",
      "report.make",
      "document.one",
      "document.list",
      "connection.abonents",
      "connection.check",
      ...relay,
    ])
      backend.fails[one] = { code: "storage", detail: "database is locked" };
    service({ level: "off", trouble: "token_refused" });
  } else if (name === "trouble") {
    service({ level: "degraded", trouble: "no_public_url", subscriptionUntil: null, lastEventAt: null });
  } else if (name === "polling") {
    service({
      level: "degraded",
      trouble: "polling",
      mode: "polling",
      subscriptionUntil: null,
      lastEventAt: null,
    });
  } else if (name === "user") {
    service({ admin: false, embedded: false, relayUrl: "https://relay.example", recordsAt: null });
  } else if (name === "managed") {
    service({ admin: false, embedded: false, relayUrl: "https://relay.example", recordsAt: null });
    backend.state = { ...backend.state, fixed: ["relay", "language", "autostart", "missed", "documents"] };
  } else if (name.startsWith("update")) {
    backend.state = { ...backend.state, ...data.updates[name] };
  } else if (name === "example") {
    backend.state = { ...backend.state, example: true };
  } else if (name === "dead") {
    backend.fails["frame.state"] = { code: "storage", detail: "disk I/O error" };
  } else if (name.startsWith("dial")) {
    backend.dial = data.dials[name] ?? null;
    backend.route = "dial";
  } else if (name === "wizard") {
    backend.state = { ...backend.state, wizard: true, me: null };
    backend.state.settings.publicUrl = "";
    service({ token: false, secrets: "none", callbackUrl: null, subscriptionUntil: null, lastEventAt: null });
  }
}

if (import.meta.env.MODE === "fake") {
  const asked = new URLSearchParams(window.location.search);
  scenario(asked.get("scenario") ?? "");
  backend.state.settings.theme = (asked.get("theme") ?? "light") as Theme;
  backend.state.settings.language = (asked.get("language") ?? "ru") as Tongue;
  Object.assign(window, { backend });
}
