import type { ru } from "./words.ru";

export const en = {
  example: { title: "Example", calls: (count) => `Calls: ${count}` },
} satisfies typeof ru;
