import { expect, test } from "vitest";
import { dictionaries, type Dictionary } from "../src/rooms";
import { pluralOf } from "../src/lib/i18n/plural";
import { SECTIONS } from "../src/rooms/settings/route";
import { mendedIn } from "../src/lib/troubles";
import { fixOf } from "../src/lib/words";

function leaves(value: unknown, path = ""): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}
const said = (leaf: unknown) =>
  typeof leaf === "function" ? String(leaf(2, "б", "в")) : typeof leaf === "string" ? leaf : null;

test("both dictionaries have the same keys", () => {
  const keys = (t: Dictionary) => leaves(t).map(([path]) => path);
  expect(keys(dictionaries.en).sort()).toEqual(keys(dictionaries.ru).sort());
});

test.each(["ru", "en"] as const)("%s: every text says something, and shouts nowhere", (language) => {
  for (const [path, leaf] of leaves(dictionaries[language])) {
    const text = said(leaf);
    expect(text, `${path} is neither text nor function`).not.toBeNull();
    expect(text, `${path} is empty`).not.toBe("");
    expect(text, `${path} has an exclamation mark`).not.toContain("!");
    expect(text, `${path} forgot a value`).not.toMatch(/undefined|\[object|NaN/);
  }
});

test("English texts hold no Russian but the names of things in the Russian portal", () => {
  const allowed = new Set([".connection.tokenHint", ".general.languages.ru"]);
  for (const [path, leaf] of leaves(dictionaries.en)) {
    if (typeof leaf === "string" && !allowed.has(path)) expect(leaf, path).not.toMatch(/[а-яё]/i);
  }
});

test("plural forms follow each language", () => {
  const forms = { one: "звонок", few: "звонка", many: "звонков", other: "звонка" };
  expect([1, 2, 5, 11, 21, 104].map((n) => pluralOf("ru")(n, forms))).toEqual([
    "звонок",
    "звонка",
    "звонков",
    "звонков",
    "звонок",
    "звонка",
  ]);
  expect([1, 2, 5].map(dictionaries.ru.check.failed)).toEqual([
    "Требует внимания: 1",
    "Требуют внимания: 2",
    "Требуют внимания: 5",
  ]);
  expect(pluralOf("en")(1, { one: "call", other: "calls" })).toBe("call");
  expect(pluralOf("en")(3, { one: "call", other: "calls" })).toBe("calls");
});

// A word that stands behind its number: not a short form with a full stop, and no unit.
const counted = { ru: /\d\s(?!мин|сек|дн\.)[а-яё]{3,}/i, en: /\d\s(?!min|sec|days? ago)[a-z]{3,}/i };
// What stands there is a name, an address or a time.
const named =
  /^\.(common\.numberCopied|queue\.(after|atOnce|claimed|colleagueTalked)|address\.remote|abonents\.turnOffText|people\.\w+)$/;
test.each(["ru", "en"] as const)("%s: a word that is counted has the form of its number", (language) => {
  const many = language === "ru" ? [1, 2, 5] : [1, 2];
  const wrong = leaves(dictionaries[language]).flatMap(([path, leaf]) => {
    if (typeof leaf !== "function" || named.test(path)) return [];
    const texts = many.map((n) => String(leaf(n, "", "")));
    const words = new Set(texts.map((text) => text.replace(/\d+/g, "")));
    return texts.every((text) => counted[language].test(text)) && words.size < many.length
      ? [`${path}: ${texts.join(" | ")}`]
      : [];
  });
  expect(wrong).toEqual([]);
});

test("«Исправить» leads to a section that exists", () => {
  for (const section of Object.values(mendedIn)) expect(SECTIONS).toContain(section);
  expect(fixOf("token_refused")).toBe("connection");
  expect(fixOf("no_public_url")).toBe("address");
  expect(fixOf("no_me")).toBe("me");
  expect(fixOf("disk_full")).toBeNull();
});
