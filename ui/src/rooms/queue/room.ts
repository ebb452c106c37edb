import { lazy, room } from "../../lib/room";
import { heads, read, queueLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const queue = room({
  name: "queue",
  title: (t) => t.queue.title,
  icon: "missed",
  for: "all",
  home: queueLink(),
  waits: (state, t) => ({
    count: state.toCallBack,
    words: t.queue.waiting(state.toCallBack),
    answer: true,
  }),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
