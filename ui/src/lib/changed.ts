/** What a change is about: a view reads again only what it shows. */
import type { Changed } from "./bindings/Changed";
import type { Ids } from "./bindings/Ids";

/** Anything may have changed, as after a failure. */
export const EVERYTHING: Changed = {
  calls: "many",
  ringing: "many",
  ended: "many",
  callers: "many",
  numbers: "many",
  contacts: "many",
  notices: "many",
  documents: "many",
  recordings: "many",
  callbacks: true,
  service: true,
  settings: true,
  counts: null,
};

/** Any row of this kind. */
export const some = <T>(ids: Ids<T>): boolean => ids === "many" || ids.length > 0;

/** Whether this row may be among them. */
export const has = <T>(ids: Ids<T>, id: T | null): boolean =>
  id !== null && (ids === "many" || ids.includes(id));

const lineOf = (key: string) => key.split(";", 1)[0];

/** Whether one of them may be this number: with another extension it is the same line. */
export const hasNumber = (ids: Ids<string>, key: string | null): boolean =>
  key !== null && (ids === "many" || ids.some((id) => lineOf(id) === lineOf(key)));

/** What one tells of a call may be another, or it is followed by one of the same number. */
export const isOf = (changed: Changed, row: { id: string; numberKey: string | null }): boolean =>
  has(changed.calls, row.id) ||
  hasNumber(changed.callers, row.numberKey) ||
  hasNumber(changed.numbers, row.numberKey);
