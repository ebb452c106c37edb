/** What an administrator's pages work out from what the relay tells. */
import type { AbonentChange } from "./bindings/AbonentChange";
import type { AbonentRow } from "./bindings/AbonentRow";
import type { KeeperView } from "./bindings/KeeperView";
import type { SubscriptionRow } from "./bindings/SubscriptionRow";
import type { SubscriptionsView } from "./bindings/SubscriptionsView";
import type { Dictionary } from "./i18n/index.svelte";

/** «+7 (900) 000-00-01» for what looks like a Russian number; anything else as the PBX writes it. */
export function phoneText(phone: string | null): string {
  const digits = (phone ?? "").replace(/\D/g, "");
  const match = /^[78]?(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(digits);
  return match ? `+7 (${match[1]}) ${match[2]}-${match[3]}-${match[4]}` : (phone ?? "");
}

/** Family name first; never empty. */
export function nameOf(abonent: AbonentRow): string {
  const name = [abonent.lastName, abonent.firstName].filter(Boolean).join(" ");
  return name || phoneText(abonent.phone) || abonent.id;
}

/** The name of who acted; what is no user (this computer, the server) has a word in the dictionary. */
export const userName = (name: string, t: Dictionary): string => t.people.names[name] ?? name;

/** Name and extension or phone number: what tells two abonents of one name apart. */
export const abonentText = (abonent: AbonentRow): string =>
  [nameOf(abonent), abonent.extension || phoneText(abonent.phone)].filter(Boolean).join(" · ");

/** An abonent's name by the id that the PBX uses. */
export const namesOf = (abonents: AbonentRow[] | null): Map<string, string> =>
  new Map((abonents ?? []).map((one) => [one.id, nameOf(one)]));

export function detailOf(abonent: AbonentRow, t: Dictionary): string {
  const phone = phoneText(abonent.phone);
  return [
    phone !== nameOf(abonent) && phone,
    abonent.extension && t.abonents.extension(abonent.extension),
    abonent.department,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Every word of the query is somewhere in the abonent. */
export function found(abonents: AbonentRow[], query: string): AbonentRow[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return abonents.filter((one) => {
    const phone = phoneText(one.phone);
    const text = [
      nameOf(one),
      phone,
      phone.replace(/\D/g, ""),
      one.extension,
      one.department,
      one.email,
      one.id,
    ]
      .join(" ")
      .toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const FIELDS = ["lastName", "firstName", "phone", "extension", "department", "email"] as const;
export type Difference = { field: (typeof FIELDS)[number]; was: string; became: string };

/** What is different about one abonent, field by field. */
export function differences({ before, after }: AbonentChange): Difference[] {
  return FIELDS.filter((field) => (before[field] ?? "") !== (after[field] ?? "")).map((field) => {
    const told = (one: AbonentRow) => (field === "phone" ? phoneText(one.phone) : one[field]) || "";
    return { field, was: told(before), became: told(after) };
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

const KEEPER: Record<string, string> = {
  pbx_unauthorized: "token_refused",
  pbx_refused: "subscription_refused",
  pbx_unavailable: "pbx_unavailable",
  pbx_not_json: "pbx_unavailable",
  pbx_too_large: "pbx_unavailable",
};

/** The trouble that keeps the subscription from being renewed, a key of the dictionary's troubles. */
export function keeperTrouble(keeper: KeeperView): string | null {
  if (keeper.state === "no_token" || keeper.state === "no_public_url") return keeper.state;
  const code = keeper.failure?.code ?? keeper.error;
  if (!code) return null;
  return KEEPER[code] ?? (code.startsWith("pbx_unreachable") ? "pbx_unreachable" : code);
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
