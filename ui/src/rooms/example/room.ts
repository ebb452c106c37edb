import { lazy, room } from "../../lib/room";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const example = room({
  name: "example",
  title: (t) => t.example.title,
  icon: "list",
  for: "all",
  home: "#/example",
  heads: ["example"],
  read: () => ({}),
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
