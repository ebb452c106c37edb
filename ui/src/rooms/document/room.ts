import { lazy, room } from "../../lib/room";
import { heads, read } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const document = room({
  name: "document",
  title: (t) => t.document.name,
  icon: "document",
  for: "all",
  home: null,
  within: "calls",
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
