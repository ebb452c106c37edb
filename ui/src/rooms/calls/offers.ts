/** What a call in a list can do. */
import { app } from "../../lib/app.svelte";
import type { CallRow } from "../../lib/bindings/CallRow";
import { copying } from "../../lib/clipboard";
import { isShort, shownKey } from "../../lib/draft";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { router } from "../../lib/route.svelte";
import { isLive, whoOf } from "../../lib/words";
import type { Offer } from "../../kit/offer";
import { contactLink, newContactLink } from "../contacts/route";
import { documentLink } from "../document/route";
import { sound } from "../recordings/sound.svelte";

/** What the page does with a call: `attach` asks to whom the number belongs. */
export type Deeds = { attach: (row: CallRow) => void } & Partial<
  Record<"note" | "open", (row: CallRow) => void>
>;

export function callOffers(row: CallRow, t: Dictionary, { attach, note, open }: Deeds): Offer[] {
  const offers: Offer[] = [];
  const key = row.numberKey;
  const number = key && shownKey(key);
  if (key && !isLive(row, app.state?.service.connected ?? false))
    offers.push({
      id: "call",
      word: t.common.callBack,
      icon: "phone",
      keys: "Enter",
      run: () => void app.callBack(key, whoOf(row, t)),
    });
  if (["here", "damaged", "missing"].includes(row.sound))
    offers.push({
      id: "play",
      word: t.recordings.play,
      icon: "play",
      keys: "Space",
      run: () => (row.soundId === null ? sound.playCall(row.id, row.abonent) : sound.play(row.soundId)),
    });
  if (open)
    offers.push({
      id: "open",
      word: t.calls.open,
      icon: "forward",
      keys: "ArrowRight",
      run: () => open(row),
    });
  if (note)
    offers.push({ id: "note", word: t.calls.writeNote, icon: "edit", keys: "N", run: () => note(row) });
  if (number) offers.push(copying(number));
  const known = row.contactId === null ? row.candidates : [{ id: row.contactId, name: "" }];
  for (const { id, name } of known)
    offers.push({
      id: `card-${id}`,
      word: name ? t.calls.cardOf(name) : t.common.card,
      icon: "person",
      run: () => router.go(contactLink(id)),
    });
  if (key && known.length === 0 && !row.internal) {
    const told = isShort(key) ? key : (row.number ?? key);
    offers.push(
      {
        id: "create",
        word: t.call.create,
        icon: "plus",
        run: () => router.go(newContactLink(told, row.name ?? "")),
      },
      { id: "attach", word: t.call.attach, icon: "person", run: () => attach(row) },
    );
  }
  const document = row.documentId;
  if (document !== null)
    offers.push({
      id: "document",
      word: t.call.openDocument,
      icon: "document",
      run: () => router.go(documentLink(document)),
    });
  return offers;
}
