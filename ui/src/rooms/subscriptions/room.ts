import { lazy, room } from "../../lib/room";
import { heads, read, subscriptionsLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const subscriptions = room({
  name: "subscriptions",
  title: (t) => t.subscriptions.title,
  icon: "renew",
  for: "admin",
  home: subscriptionsLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
