/** The PBX's settings as fields: texts of values, and what is wrong with an entry. The relay checks again. */
import type { SettingRow } from "../../lib/bindings/SettingRow";
import type { Language } from "../../kit/moment";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { abonentsLink } from "../abonents/route";
import { peopleLink } from "../people/route";
import { settingsLink } from "./route";
import { isUrl } from "./address";

export type Entry = string | boolean;

/** It can be changed here. */
export const isSetHere = (setting: SettingRow) =>
  setting.applied && setting.kind !== "action" && (setting.where === "" || setting.where === "settings");

const PLACES: Record<string, () => string> = {
  token: () => settingsLink("connection"),
  check: () => settingsLink("check"),
  users: () => peopleLink(),
  abonents: () => abonentsLink(),
  desk: () => settingsLink("notifications"),
};

/** Where it is changed, if not here. */
export const placeOf = (setting: SettingRow): string | null => PLACES[setting.where]?.() ?? null;

/** People think in seconds where machines count milliseconds; a value that is no whole second stays as it is. */
function scaleOf(setting: SettingRow, value: unknown): number {
  const whole = (n: unknown) => typeof n !== "number" || n % 1000 === 0;
  return setting.unit === "ms" && whole(setting.default) && whole(value) ? 1000 : 1;
}

/** A setting with its numbers in the unit in which they are shown. */
export function shownSetting(setting: SettingRow, value: unknown): SettingRow & { scale: number } {
  const scale = scaleOf(setting, value);
  if (scale === 1) return { ...setting, scale };
  return {
    ...setting,
    scale,
    unit: "s",
    default: typeof setting.default === "number" ? setting.default / scale : setting.default,
    min: setting.min === null ? null : Math.ceil(setting.min / scale),
    max: setting.max === null ? null : Math.floor(setting.max / scale),
  };
}
export type Shown = ReturnType<typeof shownSetting>;

/** The value as the field shows it. */
export function entryOf(setting: Shown, value: unknown): Entry {
  if (setting.kind === "bool") return value === true;
  if (typeof value === "number") return String(value / setting.scale);
  return value === null || value === undefined ? "" : String(value);
}

/** What is sent for an entry; an empty address or text means none. */
export function valueOf(setting: Shown, entry: Entry): unknown {
  if (typeof entry === "boolean") return entry;
  const text = entry.trim();
  if (setting.kind === "number") return Number(text) * setting.scale;
  return text === "" && setting.kind !== "choice" ? null : text;
}

const numberText = (n: number, language: Language) => n.toLocaleString(language === "ru" ? "ru-RU" : "en-GB");

/** A value in words, for «По умолчанию: …»; numbers as they are shown. */
export function valueText(setting: SettingRow, value: unknown, t: Dictionary, language: Language): string {
  if (value === null || value === undefined || value === "") return t.pbx.unset;
  if (typeof value === "boolean") return value ? t.pbx.on : t.pbx.off;
  const choice = setting.choices.find((one) => one.value === value);
  if (choice) return choice[language];
  if (typeof value !== "number") return String(value);
  return [numberText(value, language), unitText(setting, t)].filter(Boolean).join(" ");
}

export const unitText = (setting: SettingRow, t: Dictionary): string =>
  setting.unit === null ? "" : (t.pbx.units[setting.unit] ?? setting.unit);

/** «от 60 до 604 800 с»; empty where there are no bounds. */
export function boundsText(setting: SettingRow, t: Dictionary, language: Language): string {
  const { min, max } = setting;
  if (setting.kind !== "number") return "";
  const say = (n: number) => valueText(setting, n, t, language);
  if (min !== null && max !== null) return t.pbx.between(numberText(min, language), say(max));
  if (min !== null) return t.pbx.atLeast(say(min));
  return max === null ? "" : t.pbx.atMost(say(max));
}

/** What is wrong with an entry, in words; none when it may be sent. */
export function problemOf(
  setting: SettingRow,
  entry: Entry,
  t: Dictionary,
  language: Language,
): string | null {
  if (typeof entry === "boolean") return null;
  const text = entry.trim();
  if (setting.kind === "number") {
    if (!/^-?\d+$/.test(text)) return t.pbx.notNumber;
    const n = Number(text);
    const outside = (setting.min !== null && n < setting.min) || (setting.max !== null && n > setting.max);
    return outside ? t.pbx.outside(boundsText(setting, t, language)) : null;
  }
  if (setting.kind === "address" && text !== "" && !isUrl(text)) return t.pbx.notAddress;
  return null;
}
