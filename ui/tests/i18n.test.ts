import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dictionaries, type Dictionary } from "../src/rooms";
import { pluralOf } from "../src/lib/i18n/plural";
import { SECTIONS } from "../src/rooms/settings/route";
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
    if (path !== ".call.recording.none") expect(text, `${path} is empty`).not.toBe("");
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

test("every kind of event, every reason not to read one and every cause of a failed request has a word", () => {
  const words = (path: string, what: RegExp) =>
    [...readFileSync(path, "utf8").matchAll(what)].map((found) => found[1] ?? "");
  const kinds = words("../src-tauri/core/src/event.rs", /"(\w+Event)" => Self::/g);
  const causes = words("../src-tauri/pbx/src/rest/error.rs", /=> "(pbx_\w+)"/g);
  const reasons = words("../src-tauri/pbx/src/xsi/error.rs", /#\[error\("(.+?)"/g);
  expect([kinds.length, causes.length, reasons.length].every((n) => n > 10)).toBe(true);
  const unsaid = reasons.filter(
    (reason) => !dictionaries.ru.journal.reasons[reason.replace(/\{\w*\}|\d+/g, "#")],
  );
  expect(unsaid, "English reads them as they are").toEqual([]);
  for (const { journal } of Object.values(dictionaries)) {
    expect(kinds.filter((kind) => !journal.kinds[kind])).toEqual([]);
    expect(causes.filter((cause) => !journal.errors[cause])).toEqual([]);
  }
});

// npm runs the tests in ui/.
const contract = readFileSync("../src-tauri/src/ipc.rs", "utf8");

/** The words in backquotes of the doc comment above a field or type of the contract. */
function documented(before: string): string[] {
  const at = contract.indexOf(before);
  expect(at, `ipc.rs has ${before}`).toBeGreaterThan(0);
  const comment = contract.slice(0, at).trimEnd().split("\n").reverse();
  const lines = comment.slice(
    0,
    comment.findIndex((line) => !line.trim().startsWith("///")),
  );
  return [...lines.join("\n").matchAll(/`([a-z]+(?:[_A-Z][a-z]+)*)`/g)].map((match) => match[1] ?? "");
}

test("every trouble, failure and check of the contract has its words in both languages", () => {
  const troubles = documented("pub trouble: Option<String>").filter((word) => word !== "ready");
  const failures = documented("pub code: String");
  const checks = documented("pub id: String,\n    /// Passed");
  expect(troubles.length).toBeGreaterThan(10);
  expect(failures.length).toBeGreaterThan(8);
  expect(checks.length).toBeGreaterThan(10);
  for (const t of [dictionaries.ru, dictionaries.en]) {
    for (const code of troubles) {
      expect(Object.keys(t.troubles), code).toContain(code);
      expect(t.failures[code], code).toBeTruthy();
    }
    for (const code of failures) expect(t.failures[code], code).toBeTruthy();
    for (const id of checks) expect(Object.keys(t.checks), id).toContain(id);
  }
});

test("«Исправить» leads to a section that exists", () => {
  for (const code of [...Object.keys(dictionaries.ru.troubles), ...Object.keys(dictionaries.ru.checks)]) {
    const section = fixOf(code);
    if (section) expect(SECTIONS, code).toContain(section);
  }
  expect(fixOf("token_refused")).toBe("connection");
  expect(fixOf("no_public_url")).toBe("address");
  expect(fixOf("no_me")).toBe("me");
  expect(fixOf("disk_full")).toBeNull();
});
