/** An app in memory: every command of the contract over fictional data. Tests change its fields; a browser picks a
 *  scenario by the address: `?scenario=empty&theme=dark&language=en`. */
import type { AppState } from "../../src/lib/bindings/AppState";
import type { CallNote } from "../../src/lib/bindings/CallNote";
import type { CallRow } from "../../src/lib/bindings/CallRow";
import type { CallsKept } from "../../src/lib/bindings/CallsKept";
import type { CompanyCalls } from "../../src/lib/bindings/CompanyCalls";
import type { Changed } from "../../src/lib/bindings/Changed";
import { Imports } from "./imports";
import type { DialOffer } from "../../src/lib/bindings/DialOffer";
import type { Failure } from "../../src/lib/bindings/Failure";
import type { ForwardTo } from "../../src/lib/bindings/ForwardTo";
import type { Forwarding } from "../../src/lib/bindings/Forwarding";
import type { Theme } from "../../src/lib/bindings/Theme";
import type { ToastView } from "../../src/lib/bindings/ToastView";
import type { Tongue } from "../../src/lib/bindings/Tongue";
import { Company } from "./company";
import { frame } from "./frame";
import { calls } from "./calls";
import { dial } from "./dial";
import { contacts } from "./contacts";
import { documents } from "./document";
import { forwarding } from "./forwarding";
import { notes } from "./notes";
import { notices } from "./notices";
import { connection } from "./connection";
import { settings } from "./settings";
import { small } from "./small";
import { setScenario } from "./scenario";
import * as data from "./data";
import * as records from "./records";
import { Queue } from "./queue";
import { Recordings } from "./recordings";
import { Reports } from "./report";
import { ringing } from "./toasts";

/** Arguments as they come over the wire; each command knows its own. */
type Args = Record<string, any>;

const ROOMS = [
  frame,
  calls,
  contacts,
  dial,
  documents,
  forwarding,
  notes,
  notices,
  connection,
  settings,
  small,
];

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
  /** Where calls go at the PBX, and went last. */
  forwarding!: Forwarding;
  forwardedLast!: ForwardTo | null;
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
  /** What the answers of commands wait for. */
  waits!: Record<string, Promise<void>>;
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
    this.forwarding = { on: false, ...data.nowhere };
    this.forwardedLast = null;
    this.dial = null;
    this.offer = null;
    this.title = "";
    this.asked = [];
    this.fails = {};
    this.silent = new Set();
    this.waits = {};
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

  /** The next so many questions of a command are ended by others that reached the storage later. */
  overtake(command: string, times: number): void {
    let n = 0;
    Object.defineProperty(this.fails, command, {
      configurable: true,
      get: () => (n++ < times ? { code: "overtaken", detail: null } : undefined),
    });
  }

  async invoke(command: string, args: Args): Promise<unknown> {
    this.asked.push({ command, args: structuredClone(args) });
    await Promise.resolve();
    if (this.silent.has(command)) return new Promise(() => undefined);
    const failure = this.fails[command];
    // Commands reject with plain objects, as Tauri does.
    if (failure) throw failure;
    const answer = structuredClone(this.#answer(command, args));
    const wait = this.waits[command];
    if (wait) await wait;
    return answer;
  }

  #answer(command: string, args: Args): unknown {
    for (const room of ROOMS) {
      const answer = room(this, command, args);
      if (answer !== undefined) return answer;
    }
    const own = this.recordings.answer(command, args);
    const company = own === undefined ? this.company.answer(command, args) : own;
    const report = company === undefined ? this.reports.answer(command, args) : company;
    const answer = report === undefined ? this.#queued(command, args) : report;
    if (answer === undefined) throw new Error(`no such command: ${command}`);
    return answer;
  }

  #queued(command: string, args: Args): unknown {
    const answer = this.queue.answer(command, args);
    if (answer === undefined || command === "queue.list" || command === "queue.rows") return answer;
    this.state = { ...this.state, toCallBack: this.queue.waiting.length };
    this.changed({ callbacks: true });
    return answer;
  }
}

export const backend = new Backend();

/** Scenarios for a look in a browser. */
export const scenario = (name: string) => setScenario(backend, name);

if (import.meta.env.MODE === "fake") {
  const asked = new URLSearchParams(window.location.search);
  scenario(asked.get("scenario") ?? "");
  backend.state.settings.theme = (asked.get("theme") ?? "light") as Theme;
  backend.state.settings.language = (asked.get("language") ?? "ru") as Tongue;
  Object.assign(window, { backend });
}
