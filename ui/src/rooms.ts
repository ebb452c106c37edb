/** The rooms of the window: the only list. The rail, the router, Ctrl+digit and the dictionaries follow it. */
import { addressOf } from "./lib/address";
import { i18n } from "./lib/i18n/index.svelte";
import { en as houseEn } from "./lib/i18n/en";
import { ru as houseRu } from "./lib/i18n/ru";
import type { Room } from "./lib/room";
import { router, type Route } from "./lib/route.svelte";
import { abonents } from "./rooms/abonents/room";
import { calls } from "./rooms/calls/room";
import { contacts } from "./rooms/contacts/room";
import { document } from "./rooms/document/room";
import { journal } from "./rooms/journal/room";
import { notifications } from "./rooms/notifications/room";
import { people } from "./rooms/people/room";
import { queue } from "./rooms/queue/room";
import { recordings } from "./rooms/recordings/room";
import { report } from "./rooms/report/room";
import { settings } from "./rooms/settings/room";
import { subscriptions } from "./rooms/subscriptions/room";

const list = [
  queue,
  calls,
  contacts,
  recordings,
  document,
  report,
  notifications,
  settings,
  abonents,
  subscriptions,
  journal,
  people,
] as const;

// A screen is given what its own room has read, so the list may forget which room needs what.
export const rooms = list as unknown as readonly Room<Record<string, unknown>, Dictionary>[];

type Both<U> = (U extends unknown ? (one: U) => void : never) extends (one: infer I) => void ? I : never;
type Words = Both<(typeof list)[number]["words"]["ru"]>;
/** Every text of the window. */
export type Dictionary = typeof houseRu & Words;

const together = (house: object, language: "ru" | "en") =>
  Object.assign({}, house, ...rooms.map((one) => one.words[language])) as Dictionary;

export const dictionaries = { ru: together(houseRu, "ru"), en: together(houseEn, "en") };
i18n.know(dictionaries);

/** Reads an address; what no room knows leads to the first. */
export function parseRoute(text: string): Route {
  const address = addressOf(text);
  if (address.head === "join") return { screen: "join" };
  for (const one of rooms) {
    const read = one.heads.includes(address.head) ? one.read(address) : null;
    if (read) return { screen: one.name, ...read };
  }
  return { screen: calls.name, ...calls.read(addressOf("calls")) };
}
router.know(parseRoute);
