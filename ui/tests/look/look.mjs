/**
 * Every page and state of the built window in Chromium, over the stand-in app: photographed and examined by axe in both
 * themes, both languages and three sizes. `npm run look` builds and runs it; the pictures are in `dist-look/`.
 * Arguments choose pages by the beginning of their names; `--all` looks at each size in each theme and language.
 */
import { readFile, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { examine, launch } from "./browser.mjs";
import { all } from "./pages.mjs";

const ui = fileURLToPath(new URL("../../", import.meta.url));
const out = join(ui, "dist-look");

/** The window as it opens, at its least, and on a laptop whose screen is scaled to 200 %. */
const SIZES = {
  wide: { viewport: { width: 1100, height: 700 }, deviceScaleFactor: 1 },
  small: { viewport: { width: 720, height: 480 }, deviceScaleFactor: 1 },
  double: { viewport: { width: 960, height: 540 }, deviceScaleFactor: 2 },
};
const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Serves the built window on a free port of this machine. */
async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://window").pathname);
    const file = join(ui, "dist-fake", path.endsWith("/") ? "index.html" : path);
    readFile(file).then(
      (body) => response.writeHead(200, { "content-type": KINDS[extname(file)] ?? "" }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

/** Opens a page and waits until it is as a person would find it. */
async function show(page, origin, one, theme, language) {
  const asked = new URLSearchParams({ theme, language, ...one.query });
  await page.goto(`${origin}/?${asked}#/${one.route}`);
  await page.waitForSelector(one.ready);
  if (one.act) await one.act(page);
  if (one.route !== "controls" && !one.waits)
    await page.waitForFunction(() => !document.querySelector("[data-testid=skeleton]"));
  await page.evaluate(() => document.fonts.ready);
}

/** What stands out of the window sideways: a text that does not fit. */
const overflow = () =>
  [...document.querySelectorAll("main, main *, nav, dialog[open] *")]
    // The text of an event is as wide as the PBX wrote it, and a report as wide as its columns.
    .filter((one) => !one.closest("pre") && !one.closest("[data-sideways]"))
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "auto")
    .map((one) => one.className || one.tagName);

const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
/** Only as the window opens, in one theme and language. */
const quick = process.argv.includes("--quick");
const chosen = all.filter(({ name }) => !wanted.length || wanted.some((word) => name.startsWith(word)));
const server = await serve();
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await launch();
const faults = {
  length: 0,
  /** Said at once: a run that is broken off has told what it found. */
  push(fault) {
    this.length++;
    console.error(fault);
  },
};
let pictures = 0;
if (!wanted.length) await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

/** Each theme in one language as the window opens; the other two sizes, which break by length, in the longer one. */
const SHORT = ["wide light ru", "wide dark en", "small dark ru", "double light ru"];
/** All twelve with `--all`, which takes three times as long; the first alone with `--quick`. */
const looks = Object.entries(SIZES)
  .flatMap(([size, setting]) =>
    ["light", "dark"].flatMap((theme) =>
      ["ru", "en"].map((language) => ({ size, setting, theme, language })),
    ),
  )
  .filter(({ size, theme, language }) => {
    const nth = SHORT.indexOf(`${size} ${theme} ${language}`);
    return process.argv.includes("--all") || (quick ? nth === 0 : nth >= 0);
  });

async function look({ size, setting, theme, language }) {
  const context = await browser.newContext({
    ...setting,
    reducedMotion: "reduce",
    timezoneId: "Europe/Moscow",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) =>
    faults.push(`${page.url()} ${size} ${theme} ${language}: ${error.stack ?? error}`),
  );
  for (const one of chosen) {
    // A state says nothing new on a scaled screen.
    if (one.state && size === "double") continue;
    const name = `${one.name}-${size}-${theme}-${language}`;
    try {
      await show(page, origin, one, theme, language);
      // A picture in English would show the same room with other words: axe reads them, nobody looks at them.
      if (language === "ru" || size === "wide") {
        await page.screenshot({ path: join(out, `${name}.png`) });
        pictures++;
      }
      for (const where of await page.evaluate(overflow)) faults.push(`${name}: does not fit: ${where}`);
      await examine(page, name, faults);
    } catch (error) {
      faults.push(`${name}: ${error}`);
    }
    // A page of the same address with another hash would not be loaded anew.
    await page.goto("about:blank");
  }
  await context.close();
}

const began = Date.now();
try {
  // Two at a time: while one waits for its page the other paints.
  const waiting = [...looks];
  await Promise.all(
    [1, 2].map(async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await look(next);
    }),
  );
} finally {
  await browser.close();
  server.close();
}
console.log(
  `${pictures} pictures in ui/dist-look, ${faults.length} faults, ${Math.round((Date.now() - began) / 1000)} s`,
);
process.exitCode = faults.length || !pictures ? 1 : 0;
