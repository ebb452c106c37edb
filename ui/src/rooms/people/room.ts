import { lazy, room } from "../../lib/room";
import { heads, read, peopleLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const people = room({
  name: "people",
  title: (t) => t.people.title,
  icon: "key",
  for: "admin",
  home: peopleLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
