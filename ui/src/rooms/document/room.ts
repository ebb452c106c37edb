import { lazy, room } from "../../lib/room";
import { documentsLink, heads, read } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const document = room({
  name: "document",
  title: (t) => t.document.all,
  icon: "document",
  for: "all",
  home: documentsLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
