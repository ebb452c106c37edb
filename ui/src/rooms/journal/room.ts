import { lazy, room } from "../../lib/room";
import { heads, read, journalLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const journal = room({
  name: "journal",
  title: (t) => t.journal.title,
  icon: "list",
  for: "admin",
  home: journalLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
