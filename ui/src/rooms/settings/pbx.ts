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

/** Units of time, milliseconds each, the largest first. */
const TIMES = { days: 86_400_000, h: 3_600_000, min: 60_000, s: 1000, ms: 1 };
type Time = keyof typeof TIMES;
const isTime = (unit: string | null): unit is Time => unit !== null && unit in TIMES;

/** People think in hours where machines count seconds: the largest unit in which all of these are whole. One day and a
 * half is 36 hours, and one is 24. */
function unitFor(unit: Time, numbers: number[]): Time {
  const lengths = numbers.map((n) => n * TIMES[unit]).filter((length) => length !== 0);
  if (lengths.length === 0) return unit;
  const fits = ([name, length]: [Time, number]) =>
    name === unit || lengths.every((one) => one % length === 0 && (name !== "days" || one >= 2 * length));
  return (Object.entries(TIMES) as [Time, number][]).find(fits)?.[0] ?? unit;
}

/** A setting and the unit in which its field shows it: `scale` of the relay's units each. */
export function shownSetting(
  setting: SettingRow,
  value: unknown,
): SettingRow & { scale: number; own: string | null } {
  const { unit } = setting;
  const numbers = [setting.default, value].filter((one) => typeof one === "number");
  if (!isTime(unit)) return { ...setting, own: unit, scale: 1 };
  const shown = unitFor(unit, numbers);
  return { ...setting, unit: shown, own: unit, scale: TIMES[shown] / TIMES[unit] };
}
export type Shown = ReturnType<typeof shownSetting>;

/** The number of an entry in the relay's units; `NaN` for what is none, or none of whole units. */
function numberOf(setting: Shown, entry: string): number {
  const text = entry.trim().replace(",", ".");
  if (!/^-?\d+(\.\d+)?$/.test(text)) return NaN;
  const n = Math.round(Number(text) * setting.scale * 1e6) / 1e6;
  return Number.isInteger(n) ? n : NaN;
}

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
  if (setting.kind === "number") return numberOf(setting, text);
  return text === "" && setting.kind !== "choice" ? null : text;
}

const numberText = (n: number, language: Language) => n.toLocaleString(language === "ru" ? "ru-RU" : "en-GB");

/** A value in words, for «По умолчанию: …»; numbers as they are shown. */
export function valueText(setting: Shown, value: unknown, t: Dictionary, language: Language): string {
  if (value === null || value === undefined || value === "") return t.pbx.unset;
  if (typeof value === "boolean") return value ? t.pbx.on : t.pbx.off;
  const choice = setting.choices.find((one) => one.value === value);
  if (choice) return choice[language];
  if (typeof value !== "number") return String(value);
  const unit = isTime(setting.own) ? unitFor(setting.own, [value]) : setting.own;
  const n = isTime(setting.own) && isTime(unit) ? (value * TIMES[setting.own]) / TIMES[unit] : value;
  return [numberText(n, language), unitText({ unit }, t)].filter(Boolean).join(" ");
}

export const unitText = (setting: { unit: string | null }, t: Dictionary): string =>
  setting.unit === null ? "" : (t.pbx.units[setting.unit] ?? setting.unit);

/** «от 1 мин до 7 дн.»; empty where there are no bounds. */
export function boundsText(setting: Shown, t: Dictionary, language: Language): string {
  const { min, max } = setting;
  if (setting.kind !== "number") return "";
  const say = (n: number) => valueText(setting, n, t, language);
  if (min !== null && max !== null) {
    const [least, most] = [min === 0 ? "0" : say(min), say(max)];
    // «от 5 до 60 мин»: the unit once.
    const unit = /\D*$/.exec(most)?.[0] ?? "";
    return t.pbx.between(unit && least.endsWith(unit) ? least.slice(0, -unit.length) : least, most);
  }
  if (min !== null) return t.pbx.atLeast(say(min));
  return max === null ? "" : t.pbx.atMost(say(max));
}

/** What is wrong with an entry, in words; none when it may be sent. */
export function problemOf(setting: Shown, entry: Entry, t: Dictionary, language: Language): string | null {
  if (typeof entry === "boolean") return null;
  const text = entry.trim();
  if (setting.kind === "number") {
    const n = numberOf(setting, text);
    if (Number.isNaN(n)) return setting.scale > 1 ? t.pbx.notTime : t.pbx.notNumber;
    const outside = (setting.min !== null && n < setting.min) || (setting.max !== null && n > setting.max);
    // «дн.» ends the sentence by itself.
    return outside ? t.pbx.outside(boundsText(setting, t, language).replace(/\.$/, "")) : null;
  }
  if (setting.kind === "address" && text !== "" && !isUrl(text)) return t.pbx.notAddress;
  return null;
}
