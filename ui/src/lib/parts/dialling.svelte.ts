/** What may be called by what is being typed: for the palette and for the field where one dials. */
import type { Entry } from "../../kit/Palette.svelte";
import { contactLink } from "../../rooms/contacts/route";
import { app } from "../app.svelte";
import type { CallbackRow } from "../bindings/CallbackRow";
import type { CallRow } from "../bindings/CallRow";
import type { DialFound } from "../bindings/DialFound";
import type { DialNumber } from "../bindings/DialNumber";
import type { Dictionary } from "../i18n/index.svelte";
import { i18n } from "../i18n/index.svelte";
import { regionOf } from "../i18n/regions";
import { ask, askAgain } from "../ipc";
import { Loaded } from "../load.svelte";
import { whoOf } from "../words";

/** Without storage nobody is known, and a number can be called all the same: the app reads it then. */
const alone = (text: string): DialFound => ({
  number:
    /\d/.test(text) && !/\p{L}/u.test(text)
      ? { key: text, text, kind: "full", country: null, contacts: [] }
      : null,
  lines: [],
});

export class Dialling {
  readonly #loaded = new Loaded<{ text: string; found: DialFound }>();

  /** Asks for what was typed; no answer to an older question comes after it. */
  type(text: string): void {
    const find = () => ask("dial.find", { text });
    void this.#loaded.read(async (wanted) => ({
      text,
      found: text ? await askAgain(find, wanted).catch(() => alone(text)) : alone(""),
    }));
  }

  /** Whether what is offered belongs to this text. */
  answers(text: string): boolean {
    return this.#loaded.value?.text === text;
  }

  /** `onplaced`: a call was ordered. */
  entries(t: Dictionary): Entry[] {
    const { number = null, lines = [] } = this.#loaded.value?.found ?? {};
    const own = number ? [entryOf(number, t)] : [];
    const people = lines
      .filter((line) => line.key !== number?.key || line.contact === null)
      .map((line): Entry => {
        const { contact } = line;
        return {
          id: `${line.key} ${contact ?? ""}`,
          icon: "phone",
          word: line.name || line.number,
          detail: [line.name && line.number, line.label, line.company].filter(Boolean).join(" · "),
          run: () => void app.callBack(line.key, line.name || line.number),
          other: contact === null ? undefined : () => app.open(contactLink(contact)),
        };
      });
    return [...own, ...people];
  }
}

function entryOf(number: DialNumber, t: Dictionary): Entry {
  const [one] = number.contacts;
  const names = number.contacts.map(({ name }) => name).join(", ");
  return {
    id: `number ${number.key}`,
    icon: "phone",
    word: number.kind === "code" ? t.palette.code(number.text) : t.palette.number(number.text),
    detail: [names, placeOf(number, t)].filter(Boolean).join(" · "),
    run: () => void app.callBack(number.key, names || number.text),
    other: one && number.contacts.length === 1 ? () => app.open(contactLink(one.id)) : undefined,
  };
}

/** «Россия, Брянская область», «Казахстан, мобильный», «внутренний номер». */
export function placeOf({ key, kind, country }: DialNumber, t: Dictionary): string {
  const region = regionOf(key, i18n.language);
  const land = country && (new Intl.DisplayNames([i18n.language], { type: "region" }).of(country) ?? country);
  return [land, region ?? t.palette.kinds[kind]].filter(Boolean).join(", ");
}

/** How many of the latest people are offered. */
const LATEST = 5;

/** The people of the latest calls, each once. */
export function latestOf(rows: CallRow[], t: Dictionary): Entry[] {
  const people = new Map<string, Entry>();
  for (const row of rows) {
    const key = row.numberKey;
    if (!key || people.has(key) || people.size === LATEST) continue;
    const who = whoOf(row, t);
    people.set(key, {
      id: `latest ${key}`,
      icon: "phone",
      word: row.name ? who : (row.number ?? who),
      detail: (row.name && row.number) || "",
      run: () => void app.callBack(key, who),
    });
  }
  return [...people.values()];
}

/** Those who wait to be called back. */
export function waitingOf(rows: CallbackRow[], t: Dictionary): Entry[] {
  return rows.flatMap((row): Entry[] => {
    const { numberKey: key, name, number } = row.call;
    if (!key) return [];
    const who = whoOf(row.call, t);
    return [
      {
        id: `waiting ${row.id}`,
        icon: "missed",
        word: name ? who : (number ?? who),
        detail: (name && number) || "",
        run: () => void app.callBack(key, who),
      },
    ];
  });
}
