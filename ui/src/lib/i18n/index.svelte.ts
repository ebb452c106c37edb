/** The window's language. Texts live in `ru.ts` and `en.ts`, typed alike; components hold none. */
import type { Language } from "../format";
import { en } from "./en";
import { ru, type Dictionary } from "./ru";

export type { Dictionary };
export const dictionaries: Record<Language, Dictionary> = { ru, en };

class I18n {
  language = $state<Language>("ru");
  get t(): Dictionary {
    return dictionaries[this.language];
  }
}

export const i18n = new I18n();
