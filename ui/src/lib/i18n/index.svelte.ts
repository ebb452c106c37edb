/** The window's language. Texts live in the words of the house and of the rooms, typed alike; components hold none. */
import type { Dictionary } from "../../rooms";
import type { Language } from "../../kit/moment";

export type { Dictionary };

class I18n {
  language = $state<Language>("ru");
  #dictionaries: Record<Language, Dictionary> | null = null;

  /** The rooms bring their words before anything is drawn. */
  know(dictionaries: Record<Language, Dictionary>): void {
    this.#dictionaries = dictionaries;
  }
  get t(): Dictionary {
    if (!this.#dictionaries) throw new Error("no words yet: rooms.ts was not imported");
    return this.#dictionaries[this.language];
  }
}

export const i18n = new I18n();
