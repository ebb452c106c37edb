import { lazy, room } from "../../lib/room";
import { heads, read, abonentsLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const abonents = room({
  name: "abonents",
  title: (t) => t.abonents.title,
  icon: "people",
  for: "admin",
  home: abonentsLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
