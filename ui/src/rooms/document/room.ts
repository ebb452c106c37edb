import { room } from "../../lib/room";
import { heads, read } from "./route";
import screen from "./Screen.svelte";
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
  screen,
  words: { ru, en },
});
