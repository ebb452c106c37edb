import { lazy, room } from "../../lib/room";
import { heads, read, recordingsLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const recordings = room({
  name: "recordings",
  title: (t) => t.recordings.title,
  icon: "wave",
  for: "all",
  home: recordingsLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
