/** Outside the kit there are no sizes, corners, distances, colours and tones of one's own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROW, ROW_HEAD } from "../src/kit/window";
import { parseRoute, rooms } from "../src/rooms";

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((name) => join("src", name))
  .filter((name) => /\.(svelte|css)$/.test(name));
const styleOf = (name: string) => {
  const text = readFileSync(name, "utf8");
  return name.endsWith(".css") ? text : (/<style>(.*)<\/style>/s.exec(text)?.[1] ?? "");
};
const outside = (name: string) => name !== join("src", "kit", "tokens.css");

/** Declarations of `property` whose value has a length of its own; 1px lines and offsets of outlines are no distance. */
const literals = (property: string) =>
  sources
    .filter(outside)
    .flatMap((name) =>
      [...styleOf(name).matchAll(new RegExp(`(?:^|[\\s{;])(${property}):([^;]*);`, "g"))]
        .filter(([, , value = ""]) => /\d(px|r?em|%)/.test(value.replace(/\b1px\b/g, "")))
        .map(([all]) => `${name}: ${all.trim()}`),
    );

test.each(["font-size", "border-radius", "(?:row-|column-)?gap", "padding[a-z-]*", "margin[a-z-]*"])(
  "%s is a token everywhere",
  (property) => {
    expect(sources.length).toBeGreaterThan(40);
    expect(literals(property)).toEqual([]);
  },
);

test("colours are tokens everywhere", () => {
  const found = sources
    .filter(outside)
    .flatMap((name) =>
      [...styleOf(name).matchAll(/(?:#[\da-f]{3,8}\b|\brgba?\()[^;]*;/gi)].map(([all]) => `${name}: ${all}`),
    )
    // Paper is white, and an arrow in a picture cannot read a token.
    .filter((line) => !/base\.css: #(000|333|fff);|data:image|stroke=/.test(line));
  expect(found).toEqual([]);
});

test("only the kit declares tones", () => {
  const found = sources
    .filter((name) => name !== join("src", "kit", "tones.css"))
    .flatMap((name) =>
      [...styleOf(name).matchAll(/(?:^|\n)\s*\.(ok|bad|warn|wait|live|muted|small)\s*[{,]/g)].map(
        ([, tone]) => `${name}: .${tone}`,
      ),
    );
  expect(found).toEqual([]);
});

test("every room has a name and addresses of its own, and is found by them", () => {
  const heads = rooms.flatMap((one) => one.heads);
  expect(new Set(heads).size).toBe(heads.length);
  expect(new Set(rooms.map((one) => one.name)).size).toBe(rooms.length);
  for (const one of rooms) {
    if (one.home) expect(parseRoute(one.home).screen, one.home).toBe(one.name);
  }
});

test("one table has the tones of the window, of the toasts' pictures and of the tray", () => {
  const { tones } = JSON.parse(readFileSync("../icons/tones.json", "utf8")) as {
    tones: Record<string, { light: string; dark: string }>;
  };
  const css = readFileSync(join("src", "kit", "tokens.css"), "utf8");
  const [light = "", dark = ""] = css.split(':root[data-theme="dark"]');
  const declared = (theme: string, name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(theme)?.[1];
  for (const [name, colours] of Object.entries(tones)) {
    expect({ light: declared(light, name), dark: declared(dark, name) }, name).toEqual(colours);
  }
  const used = readFileSync(join("src", "kit", "tones.css"), "utf8").match(/var\(--([a-z-]+)\)/g) ?? [];
  const names = new Set([...used].map((one) => one.slice(6, -1)));
  names.delete("type-small");
  expect([...names].filter((name) => !(name in tones))).toEqual([]);
});

test("the heights that lists reckon with are those of the tokens", () => {
  const css = readFileSync(join("src", "kit", "tokens.css"), "utf8");
  expect([/--row: (\d+)px/.exec(css)?.[1], /--row-head: (\d+)px/.exec(css)?.[1]]).toEqual(
    [ROW, ROW_HEAD].map(String),
  );
});

test("every part of the kit stands in a room, and on the page of all controls", () => {
  const page = readFileSync(join("tests", "look", "Controls.svelte"), "utf8");
  const parts = readdirSync(join("src", "kit")).filter((name) => name.endsWith(".svelte"));
  const used = (name: string, files: string[]) =>
    files.some((file) =>
      new RegExp(`from "[./]*(kit/)?${name}"|import\\("[./]*(kit/)?${name}"\\)`).test(
        readFileSync(file, "utf8"),
      ),
    );
  expect(
    parts.filter(
      (name) =>
        !used(
          name,
          sources.filter((file) => !file.endsWith(join("kit", name))),
        ),
    ),
  ).toEqual([]);
  // Within `Rows`, `Menu`, `DateRange` and `Popover` there are others of the kit; a page stands around all of them, a palette above.
  const inside = [
    "List.svelte",
    "RowMenu.svelte",
    "MenuEntries.svelte",
    "MenuFrame.svelte",
    "ChosenBar.svelte",
    "Popover.svelte",
    "Empty.svelte",
    "Skeleton.svelte",
    "Palette.svelte",
  ];
  expect(parts.filter((name) => !inside.includes(name) && !page.includes(`kit/${name}"`))).toEqual([]);
});
