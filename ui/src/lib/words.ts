/** The word, tone and icon for what the app tells by code. */
import type { CallRow } from "./bindings/CallRow";
import type { CheckId } from "./bindings/CheckId";
import type { CheckLine } from "./bindings/CheckLine";
import type { Failure } from "./bindings/Failure";
import type { FailureCode } from "./bindings/FailureCode";
import type { ForwardTo } from "./bindings/ForwardTo";
import type { LegView } from "./bindings/LegView";
import type { ServiceState } from "./bindings/ServiceState";
import type { Trouble } from "./bindings/Trouble";
import { moment } from "../kit/moment";
import type { Tone } from "../kit/tone";
import { duration, shortName } from "./format";
import type { Dictionary } from "./i18n/index.svelte";
import { mendedIn } from "./troubles";
import type { Section } from "../rooms/settings/route";

export type CallIcon =
  "in" | "out" | "missed" | "failed" | "colleague" | "ringing" | "talking" | "transferred" | "uncertain";
export type Status = { word: string; tone: Tone; icon: CallIcon };

/** Reached by no word that is known: what is to be said all the same. */
const beyond = <T>(_word: never, otherwise: T): T => otherwise;

/** The word for what the PBX or a relay tells: their words may be new, then they are shown as they are. */
export const wordOf = (words: Record<string, string>, word: string): string => words[word] ?? word;

/** Rings or talks; without `connected` nobody would tell that it is over. */
export const isLive = (row: CallRow, connected: boolean) =>
  connected && !row.uncertain && (row.outcome === "ringing" || row.outcome === "talking");

/** MIKO's status words; an uncertain call only says what is known. */
export function callStatus(row: CallRow, t: Dictionary): Status {
  const s = t.status;
  const known: Status = {
    word: s.uncertain(moment(row.startedAt, "time")),
    tone: "muted",
    icon: "uncertain",
  };
  if (row.uncertain) return known;
  const incoming = row.direction === "incoming";
  switch (row.outcome) {
    case "ringing":
      return { word: incoming ? s.incoming : s.outgoing, tone: "live", icon: "ringing" };
    case "talking":
      return { word: s.talking, tone: "live", icon: "talking" };
    case "answered_by": {
      const word = row.answeredBy ? s.answeredBy(shortName(row.answeredBy)) : s.answeredByColleague;
      return { word, tone: "muted", icon: "colleague" };
    }
    case "missed":
      if (row.lost) return { word: s.lost, tone: "bad", icon: "missed" };
      // What was dealt with is no alarm.
      return { word: s.missed, tone: row.toCallBack ? "wait" : "muted", icon: "missed" };
    case "rejected":
      return { word: s.rejected, tone: "warn", icon: incoming ? "missed" : "failed" };
    case "unreachable":
      return { word: s.unreachable, tone: "warn", icon: incoming ? "missed" : "failed" };
    case "cancelled":
      return { word: s.cancelled, tone: "muted", icon: "failed" };
    case "no_answer":
      return { word: s.no_answer, tone: "warn", icon: "failed" };
    case "transferred":
      return { word: s.transferred, tone: "ok", icon: "transferred" };
    case "ended":
      return { word: incoming ? s.accepted : s.reached, tone: "ok", icon: incoming ? "in" : "out" };
    default:
      // A new word needs its line here; until then it must not pass for a success.
      return beyond(row.outcome, known);
  }
}

/** «Пропущенный» of the manual: also a call that we placed and nobody answered. */
export const notReached = (row: CallRow): boolean =>
  !row.uncertain &&
  !row.talkMs &&
  (row.direction === "incoming"
    ? ["missed", "unreachable"]
    : ["no_answer", "rejected", "unreachable", "cancelled"]
  ).includes(row.outcome);

/** Who the other side is: never empty. */
export function whoOf(row: CallRow, t: Dictionary): string {
  if (row.name) return row.name;
  if (row.candidates.length > 1) return t.calls.several(row.candidates.map((c) => c.name).join(", "));
  return row.hidden ? t.calls.hidden : t.calls.unknown;
}

/** Conversation so far or in all, milliseconds; null when there was none. */
export function talkOf(row: CallRow, now: number): number | null {
  if (row.talkMs !== null) return row.talkMs;
  if (row.outcome !== "talking" || row.uncertain || !row.startedAt) return null;
  return Math.max(0, now - Date.parse(row.startedAt) - (row.waitMs ?? 0));
}

/** «На +7 …»; of several numbers only that there are some. */
export function whereTo({ all, busy, notAnswered, unavailable }: ForwardTo, t: Dictionary): string {
  const [one, ...others] = new Set([all, busy, notAnswered, unavailable].filter((number) => number !== null));
  return one && !others.length ? t.forwarding.to(one) : t.forwarding.several;
}

export function legName(leg: LegView, t: Dictionary): string {
  if (leg.own) return leg.name ? `${leg.name} (${t.leg.you.toLocaleLowerCase()})` : t.leg.you;
  return leg.name ?? (leg.system ? t.leg.pbx : t.leg.employee);
}

const between = (from: string | null, to: string | null) =>
  from && to ? duration(Date.parse(to) - Date.parse(from)) : null;

/** What happened on a leg, in a few words. */
export function legWords(leg: LegView, t: Dictionary): string {
  if (leg.state !== "Released") return leg.state ? t.leg.states[leg.state] : "";
  const talked = between(leg.answeredAt, leg.endedAt);
  if (talked) return leg.system ? t.leg.system : t.leg.talked(talked);
  if (leg.cause) return t.leg.causes[leg.cause] ?? leg.cause;
  const rang = between(leg.startedAt, leg.endedAt);
  return rang ? t.leg.rang(rang) : t.leg.states.Released;
}

const isTrouble = (code: FailureCode): code is Trouble => code in mendedIn;

export function failureText({ code }: Failure, t: Dictionary): string {
  const own = t.failures[code];
  if (own) return own;
  const { title, advice } = troubleText(code, t);
  return advice ? `${title}. ${advice}` : title;
}

/** Codes whose own words say all: the relay's sentence, in English, would say it twice. */
const SAID =
  /^(pbx_un\w+|token_refused|key_refused|no_token|forbidden|not_found|not_supported|too_many|timeout|code_\w+)$/;

/** The detail beyond the code: an address, or for support the sentence of the program that refused. */
export const failureDetail = (failure: Failure): string | null =>
  SAID.test(failure.code) ? null : failure.detail;

type Told = { title: string; advice: string };

/** `folder` is named in the advice of a trouble with the data folder. */
export function troubleText(code: FailureCode, t: Dictionary, folder = ""): Told {
  // A word of a newer app, else; then it is told for support.
  if (!isTrouble(code)) return { title: t.failures[code] ?? t.unknownFailure(code), advice: "" };
  const { title, advice } = t.troubles[code];
  // A function: in a text, `$&` of a folder's name would mean the text that was found.
  return {
    title,
    advice: folder ? advice.replace("{folder}", () => folder) : advice.replace(" {folder}", ""),
  };
}

export function checkText({ id, trouble }: Pick<CheckLine, "id" | "trouble">, t: Dictionary): Told {
  const { title, advice } = t.checks[id];
  // A trouble's advice is nearer to the cause than the line's own.
  return { title, advice: (trouble && troubleText(trouble, t).advice) || advice };
}

/** The settings section where a trouble is put right, where there is one. */
export function fixOf(code: FailureCode): Section | null {
  const section = isTrouble(code) ? mendedIn[code] : "check";
  return section === "check" ? null : section;
}

const CHECKED: Partial<Record<CheckId, Section>> = {
  relay: "connection",
  token: "connection",
  abonents: "connection",
  rights: "connection",
  keyring: "connection",
  publicUrl: "address",
  ownEvent: "address",
  callback: "address",
  subscription: "address",
  toasts: "notifications",
  me: "me",
};

/** The same for a failed check. */
export const fixOfCheck = ({ id, trouble }: CheckLine): Section | null =>
  CHECKED[id] ?? (trouble && fixOf(trouble));

/** The banner shows what the service lacks; a start is not a trouble but is said. */
export const troubleOf = (service: ServiceState): FailureCode | null =>
  service.level === "ready" ? null : service.trouble;
