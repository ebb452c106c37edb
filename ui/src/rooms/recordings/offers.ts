/** What a recording in the list can do. */
import { app } from "../../lib/app.svelte";
import type { RecordingRow } from "../../lib/bindings/RecordingRow";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { router } from "../../lib/route.svelte";
import { copyingNumbers } from "../../lib/severally";
import type { Offer } from "../../kit/offer";
import { callLink } from "../calls/route";
import { sound } from "./sound.svelte";

/** `erase` asks before it deletes. */
export function recordingOffers(
  row: RecordingRow,
  t: Dictionary,
  erase: (rows: RecordingRow[]) => void,
): Offer[] {
  const ids = [row.id];
  const here = isHere(row);
  const offers: Offer[] = [
    { id: "play", word: t.recordings.play, icon: "play", keys: "Space", run: () => sound.play(row.id) },
  ];
  if (row.place === "missing")
    offers.push({
      id: "fetch",
      word: t.recordings.fetch,
      icon: "renew",
      run: () =>
        void app.attempt(async () => {
          await ask("recordings.fetch", { ids });
          app.say(t.recordings.fetching(1));
        }),
    });
  const call = row.call;
  if (call && !row.abonent)
    offers.push({
      id: "call-panel",
      word: t.recordings.call,
      icon: "list",
      run: () => router.go(callLink(call)),
    });
  if (!here) return offers;
  return [
    ...offers,
    {
      id: "save",
      word: t.recordings.save,
      icon: "download",
      run: () =>
        void app.attempt(async () => app.say(t.recordings.saved(await ask("recordings.save", { ids })))),
    },
    {
      id: "show",
      word: t.recordings.show,
      icon: "folder",
      run: () => void app.attempt(() => ask("recordings.show", { id: row.id })),
    },
    {
      id: "elsewhere",
      word: t.recordings.openElsewhere,
      icon: "forward",
      run: () => void app.attempt(() => ask("recordings.open_elsewhere", { id: row.id })),
    },
    {
      id: "erase",
      word: t.recordings.erase,
      icon: "trash",
      keys: "Delete",
      danger: true,
      run: () => erase([row]),
    },
  ];
}

const isHere = (row: RecordingRow) => row.place === "here" || row.place === "damaged";

/** What can be done with several of them. */
export function recordingDeeds(
  rows: RecordingRow[],
  t: Dictionary,
  erase: (rows: RecordingRow[]) => void,
): Offer[] {
  const deeds: Offer[] = [];
  const ids = rows.map((row) => row.id);
  const missing = rows.filter((row) => row.place === "missing").length;
  if (rows.some(isHere))
    deeds.push({
      id: "save",
      word: t.recordings.save,
      icon: "download",
      run: () => app.attempt(async () => app.say(t.recordings.saved(await ask("recordings.save", { ids })))),
    });
  if (missing)
    deeds.push({
      id: "fetch",
      word: t.recordings.fetch,
      icon: "renew",
      run: () =>
        app.attempt(async () => {
          await ask("recordings.fetch", { ids });
          app.say(t.recordings.fetching(missing));
        }),
    });
  deeds.push(copyingNumbers(() => rows.map((row) => row.number)));
  if (rows.some(isHere))
    deeds.push({
      id: "erase",
      word: t.recordings.erase,
      icon: "trash",
      keys: "Delete",
      danger: true,
      run: () => erase(rows),
    });
  return deeds;
}
