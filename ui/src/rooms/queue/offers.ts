/** What a person in the queue can do: the menu of the row, its keys and its buttons. */
import type { CallbackRow } from "../../lib/bindings/CallbackRow";
import { copying } from "../../lib/clipboard";
import { shownKey } from "../../lib/draft";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { router } from "../../lib/route.svelte";
import { copyingNumbers } from "../../lib/severally";
import type { Offer } from "../../kit/offer";
import { contactLink } from "../contacts/route";
import { personLink, type CallbackKind } from "./route";

/** What the page does with a row. */
export type Deeds = Record<"call" | "claim", (row: CallbackRow) => void> &
  Record<"later" | "done" | "now" | "undo", (rows: CallbackRow[]) => void> & { claimAll: () => void };

export function queueOffers(row: CallbackRow, part: CallbackKind, t: Dictionary, deeds: Deeds): Offer[] {
  const q = t.queue;
  const number = row.call.numberKey && shownKey(row.call.numberKey);
  const own = row.claim?.own === true && Date.parse(row.claim.until) > Date.now();
  const offers: Offer[] = [];
  if (row.call.numberKey)
    offers.push({
      id: "call",
      word: t.common.callBack,
      icon: "phone",
      keys: "Enter",
      run: () => deeds.call(row),
    });
  if (part !== "handled" && row.times)
    offers.push({
      id: "claim",
      word: own ? q.giveBack : q.claim,
      icon: "person",
      keys: "T",
      run: () => deeds.claim(row),
    });
  if (part !== "handled")
    offers.push({ id: "later", word: q.later, icon: "bell", keys: "L", run: () => deeds.later([row]) });
  if (part === "waiting")
    offers.push({ id: "done", word: q.done, icon: "check", keys: "Delete", run: () => deeds.done([row]) });
  if (part === "later")
    offers.push({ id: "done", word: q.undo, icon: "back", keys: "Delete", run: () => deeds.now([row]) });
  if (part === "handled" && row.canUndo)
    offers.push({ id: "undo", word: q.undo, icon: "renew", run: () => deeds.undo([row]) });
  // A reminder alone has no call, and the mirror forgets old ones.
  if (row.call.id)
    offers.push({
      id: "open",
      word: q.open,
      icon: "forward",
      keys: "ArrowRight",
      run: () => router.go(personLink(row.id)),
    });
  if (number) offers.push(copying(number));
  const { contactId } = row.call;
  if (contactId !== null)
    offers.push({
      id: "card",
      word: t.common.card,
      icon: "person",
      run: () => router.go(contactLink(contactId)),
    });
  return offers;
}

/** What can be done with several of them. */
export function queueDeeds(rows: CallbackRow[], part: CallbackKind, t: Dictionary, deeds: Deeds): Offer[] {
  const q = t.queue;
  const offers: Offer[] = [];
  if (part === "waiting")
    offers.push({ id: "done", word: q.done, icon: "check", keys: "Delete", run: () => deeds.done(rows) });
  if (part === "later")
    offers.push({ id: "now", word: q.undo, icon: "back", keys: "Delete", run: () => deeds.now(rows) });
  if (part !== "handled") {
    offers.push({ id: "later", word: q.later, icon: "bell", keys: "L", run: () => deeds.later(rows) });
    if (rows.some((row) => row.times))
      offers.push({ id: "claim", word: q.claim, icon: "person", keys: "T", run: deeds.claimAll });
  }
  const undone = rows.filter((row) => row.canUndo);
  if (part === "handled" && undone.length)
    offers.push({ id: "undo", word: q.undo, icon: "renew", run: () => deeds.undo(undone) });
  offers.push(copyingNumbers(() => rows.map((row) => row.call.number)));
  return offers;
}
