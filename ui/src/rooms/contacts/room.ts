import { lazy, room } from "../../lib/room";
import { heads, read, contactsLink, newContactLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const contacts = room({
  name: "contacts",
  title: (t) => t.contacts.title,
  icon: "person",
  for: "all",
  home: contactsLink(),
  deeds: (t) => [{ word: t.contacts.create, icon: "plus", to: newContactLink() }],
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
