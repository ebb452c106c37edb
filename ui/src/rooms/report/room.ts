import { lazy, room } from "../../lib/room";
import { heads, read, reportLink } from "./route";
import { en } from "./words.en";
import { ru } from "./words.ru";

export const report = room({
  name: "report",
  title: (t) => t.report.title,
  icon: "chart",
  for: "all",
  home: reportLink(),
  heads,
  read,
  screen: lazy(() => import("./Screen.svelte")),
  words: { ru, en },
});
