/** What can be done with several contacts. */
import { app } from "../../lib/app.svelte";
import type { ContactDraft } from "../../lib/bindings/ContactDraft";
import type { ContactRow } from "../../lib/bindings/ContactRow";
import { draftOf, finished } from "../../lib/draft";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { router } from "../../lib/route.svelte";
import { copyingNumbers, copyingTable, toFile } from "../../lib/severally";
import type { Chosen } from "../../kit/chosen.svelte";
import type { Offer } from "../../kit/offer";
import { contactLink, contactsLink } from "./route";

/** Contacts that the app makes one of at once. */
const MOST_MERGED = 20;

export function contactDeeds(
  chosen: Chosen<ContactRow>,
  t: Dictionary,
  deeds: Record<"tag" | "file" | "remove", () => void>,
): Offer[] {
  const { rows, size } = chosen;
  const offers: Offer[] = [
    { id: "tag", word: t.common.tag, icon: "mark", run: deeds.tag },
    copyingNumbers(() => rows.map((row) => row.number)),
    copyingTable([t.contacts.name, t.contacts.company, t.contacts.numbers], () =>
      rows.map((row) => [row.name, row.company, row.number ?? ""]),
    ),
    toFile(deeds.file),
  ];
  if (size > 1 && size <= MOST_MERGED)
    offers.push({
      id: "merge",
      word: t.merging.merge,
      icon: "people",
      run: () => app.attempt(() => merge(chosen, t)),
    });
  offers.push({
    id: "remove",
    word: t.contacts.remove,
    icon: "trash",
    keys: "Delete",
    danger: true,
    run: deeds.remove,
  });
  return offers;
}

/** All become part of the one that was chosen first. */
async function merge(chosen: Chosen<ContactRow>, t: Dictionary): Promise<void> {
  const [first, ...others] = chosen.rows;
  if (!first) return;
  const merge = await ask("contacts.merge", { ids: [first.id, ...others.map((row) => row.id)] });
  chosen.clear();
  app.say(t.merging.done(first.name), () => void app.attempt(() => ask("contacts.unmerge", { merge })));
  router.go(contactLink(first.id));
}

const read = async (id: number): Promise<ContactDraft> => draftOf(await ask("contacts.one", { id }));
const save = (draft: ContactDraft) => ask("contacts.save", { draft: finished(draft) });

/** Each gets the tag; what else changes meanwhile stays when it is taken back. */
export function tagContacts(chosen: Chosen<ContactRow>, tag: string, t: Dictionary): Promise<void> {
  const change = async (id: number, tags: (before: string[]) => string[]) => {
    const draft = await read(id);
    await save({ ...draft, about: { ...draft.about, tags: tags(draft.about.tags) } });
  };
  return chosen.each(
    async ({ id }) => {
      if ((await read(id)).about.tags.includes(tag)) return null;
      await change(id, (before) => [...before, tag]);
      return () => change(id, (before) => before.filter((one) => one !== tag));
    },
    (n) => t.common.tagged(tag, n),
  );
}

/** Those that come back are what they were, so that what leads to them holds. */
export function removeContacts(chosen: Chosen<ContactRow>, t: Dictionary): Promise<void> {
  return chosen.each(
    async ({ id }) => {
      const before = await ask("contacts.delete", { id });
      if (window.location.hash === contactLink(id)) router.go(contactsLink(), true);
      return () => ask("contacts.undelete", { before });
    },
    (n) => t.contacts.removedSeveral(n),
  );
}
