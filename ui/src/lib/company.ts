/** What an administrator's pages work out from what the relay tells. */
import type { AbonentChange } from "./bindings/AbonentChange";
import type { AbonentRow } from "./bindings/AbonentRow";
import type { SubscriptionRow } from "./bindings/SubscriptionRow";
import type { SubscriptionsView } from "./bindings/SubscriptionsView";
import type { Dictionary } from "./i18n/index.svelte";

/** Family name first; never empty. */
export function nameOf(abonent: AbonentRow): string {
  const name = [abonent.lastName, abonent.firstName].filter(Boolean).join(" ");
  return name || abonent.phone || abonent.id;
}

/** The name of who acted; what is no user (this computer, the server) has a word in the dictionary. */
export const userName = (name: string, t: Dictionary): string => t.people.names[name] ?? name;

/** Name and extension or phone number: what tells two abonents of one name apart. */
export const abonentText = (abonent: AbonentRow): string =>
  [nameOf(abonent), abonent.extension || abonent.phone].filter(Boolean).join(" · ");

/** An abonent's name by the id that the PBX uses. */
export const namesOf = (abonents: AbonentRow[] | null): Map<string, string> =>
  new Map((abonents ?? []).map((one) => [one.id, nameOf(one)]));

export function detailOf(abonent: AbonentRow, t: Dictionary): string {
  return [
    abonent.phone !== nameOf(abonent) && abonent.phone,
    abonent.extension && t.abonents.extension(abonent.extension),
    abonent.department,
  ]
    .filter(Boolean)
    .join(" · ");
}

const FIELDS = ["lastName", "firstName", "phone", "extension", "department", "email"] as const;
export type Difference = { field: (typeof FIELDS)[number]; was: string; became: string };

/** What is different about one abonent, field by field. */
export function differences({ before, after }: AbonentChange): Difference[] {
  return FIELDS.filter((field) => (before[field] ?? "") !== (after[field] ?? "")).map((field) => {
    return { field, was: before[field] ?? "", became: after[field] ?? "" };
  });
}

export const isActive = (one: SubscriptionRow) => one.endedAt === null;

/** How events of one abonent are subscribed to: by the company's subscription, by one of their own, or not. */
export function subscribedBy(
  view: SubscriptionsView | null,
  abonent: string,
): { common: boolean; single: boolean; own: SubscriptionRow | null } {
  const all = view?.subscriptions ?? [];
  const active = all.filter(isActive);
  return {
    common: active.some((one) => one.abonent === null),
    // The newest tells how the relay subscribes at present.
    single: view?.keeper.groupRefused === true || (active[0] ?? all[0])?.abonent != null,
    own: active.find((one) => one.abonent === abonent) ?? null,
  };
}

/** «1:05:09», «43:07» until a moment; null when it has passed. */
export function left(iso: string | null, now: number): string | null {
  if (!iso) return null;
  const s = Math.ceil((Date.parse(iso) - now) / 1000);
  if (!(s > 0)) return null;
  const two = (n: number) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600);
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return h ? `${h}:${rest}` : rest;
}
