import { room } from "../../lib/room";
import { heads, read, callsLink } from "./route";
import screen from "./Screen.svelte";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const calls = room({
  name: "calls",
  title: (t) => t.calls.title,
  icon: "phone",
  for: "all",
  home: callsLink(),
  heads,
  read,
  screen,
  words: { ru, en },
});
