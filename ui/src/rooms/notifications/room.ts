import { lazy, room } from "../../lib/room";
import { heads, read, notificationsLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const notifications = room({
  name: "notifications",
  title: (t) => t.notifications.title,
  icon: "bell",
  for: "all",
  home: notificationsLink(),
  waits: (state, t) => ({ count: state.unseen, words: t.notifications.waiting(state.unseen), answer: false }),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
