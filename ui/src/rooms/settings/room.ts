import { lazy, room } from "../../lib/room";
import { heads, read, settingsLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const settings = room({
  name: "settings",
  title: (t) => t.settings.title,
  icon: "gear",
  for: "all",
  home: settingsLink(),
  waits: (state, t) => ({
    count: state.update.newer ? 1 : 0,
    words: state.update.newer ? t.updates.newer(state.update.newer.version) : "",
    answer: false,
  }),
  last: true,
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
