/**
 * The commonest tasks of a working day, done in the built window over the real core as a person does them, with every
 * click and key counted. `TASKS.md` is their table: a task that takes more than its target fails the run, and so does
 * a table that tells another count. `npm run real -- --write` writes it anew.
 */
import assert from "node:assert/strict";
import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const TABLE = fileURLToPath(new URL("../../../TASKS.md", import.meta.url));
const by = (testid) => `[data-testid=${testid}]`;
const row = (of, text) => `${by(of)}:has-text("${text}")`;
const DEADLINE_MS = 30_000;
const PAUSE_MS = 50;

/** The mouse and the keyboard. What is typed as a text is no key. */
class Hands {
  clicks = 0;
  keys = [];

  constructor(page) {
    this.page = page;
  }

  async click(selector) {
    await this.page.click(selector);
    this.clicks++;
  }

  /** A click outside of the window, which no browser can do: `test` does it in the real desktop. */
  outside() {
    this.clicks++;
  }

  async key(name) {
    await this.page.keyboard.press(name);
    this.keys.push(name.replace("Control", "Ctrl").replace(/\+[a-z]$/, (letter) => letter.toUpperCase()));
  }

  type(text) {
    return this.page.keyboard.type(text);
  }
}

/** Waits until it is so. */
async function until(what, ready) {
  const end = Date.now() + DEADLINE_MS;
  while (!(await ready())) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await new Promise((soon) => setTimeout(soon, PAUSE_MS));
  }
}

/**
 * `window`: the page of the window; `open(name)`: a small window (`panel`, `toasts`); `ask(name, body)`: the core, for what
 * is no part of a task; `play(script, given)`: the PBX; `placed()`: the calls that it was asked for. Answers the faults.
 */
export async function countTasks({ window, open, ask, play, placed, write }) {
  const done = [];
  /** `clicks` and `keys`: at most so many. `test`: what does in the real desktop the steps that are outside of the window. */
  async function task(nth, words, { clicks = 0, keys = 0, test = "" }, work, page = window) {
    const hands = new Hands(page);
    // A page behind another takes no text.
    await page.bringToFront();
    await work(hands, page);
    done.push({ nth, words, most: { clicks, keys }, clicks: hands.clicks, keys: hands.keys, test });
  }
  /** Waits for one call more than before. */
  async function calling(work) {
    const before = (await placed()).length;
    await work();
    await until("the call", async () => (await placed()).length > before);
  }

  const { settings } = await ask("frame.state", {});
  await ask("settings.save", { settings: { ...settings, popup: "always" } });
  const about = { tags: [], responsible: "", fields: [] };
  const client = { id: null, kind: "natural_person", company: "", email: "", note: "", about };
  const number = (display) => ({ display, key: "", label: "" });
  await ask("contacts.save", {
    draft: { ...client, name: "Счётова Анна", numbers: [number("+79000000601")] },
  });
  // Another than is called from the toast: two orders of one number within some seconds are a double click.
  await ask("contacts.save", {
    draft: { ...client, name: "Набирова Ольга", numbers: [number("+79000000602")] },
  });

  const toasts = await open("toasts");
  const ringing = row("toast", "Счётова");
  const rung = play("incoming-missed", { number: "+79000000601", ringMs: 100_000 });
  await task(
    1,
    "See who calls",
    { test: "`toasts::looks`, `focus`" },
    async (_, page) => page.waitForSelector(`${ringing}[data-kind=incoming] >> text=000-06-01`),
    toasts,
  );
  await task(
    2,
    "Open the caller's card",
    { clicks: 1, test: "`toasts::clicks`" },
    async (hands) => {
      await hands.click(`${ringing} ${by("toast-card")}`);
      await window.waitForSelector(`${by("contact-card")} >> text=Счётова`);
    },
    toasts,
  );
  await rung;
  await task(
    3,
    "Call back from the toast of a missed call",
    { clicks: 1, test: "`main_job`" },
    async (hands) => calling(() => hands.click(`${ringing}[data-kind=missed] ${by("toast-call-back")}`)),
    toasts,
  );

  await play("incoming-missed", { number: "+79000000603" });
  const panel = await open("panel");
  await task(
    4,
    "Call back later, from a list",
    { clicks: 2, test: "`instance`: the icon in the tray" },
    async (hands, page) => {
      hands.outside();
      await page.waitForSelector(row("dial-entry", "000-06-03"));
      await calling(() => hands.click(row("dial-entry", "000-06-03")));
    },
    panel,
  );
  await panel.close();

  await window.click(by("nav-queue"));
  await task(6, "Dial by name", { keys: 2 }, async (hands, page) => {
    await hands.key("Control+k");
    await page.waitForSelector(by("palette-field"));
    await hands.type("набирова");
    await page.waitForSelector(row("palette-entry", "Набирова"));
    await calling(() => hands.key("Enter"));
  });

  await task(7, "Find a client's call", { keys: 1 }, async (hands, page) => {
    await hands.key("Control+f");
    await page.waitForSelector(`${by("calls-search")}:focus`);
    await hands.type("счётова");
    await page.waitForFunction((one) => {
      const rows = [...document.querySelectorAll(one)];
      return rows.length > 0 && rows.every((row) => row.innerText.includes("Счётова"));
    }, by("call-row"));
  });
  await window.fill(by("calls-search"), "");

  // The card is of the call that ended last.
  await window.waitForFunction(
    (one) => [...document.querySelectorAll(one)].every((row) => !/ringing|talking/.test(row.dataset.outcome)),
    by("call-row"),
  );
  await play("incoming-answered", { number: "+79000000605" });
  await task(9, "Note and outcome after a call", { clicks: 1 }, async (hands, page) => {
    const card = row("after-call", "000-06-05");
    await hands.click(`${card} ${by("written-outcome")} >> nth=0`);
    await page.waitForSelector(`${card} ${by("written-outcome")}[aria-pressed=true]`);
    await page.waitForSelector(`${card} ${by("written-state")}[data-state=saved]`);
  });
  await window.click(by("after-close"));

  await task(8, "Listen to a recording", { clicks: 1, keys: 1 }, async (hands, page) => {
    const recorded = `${by("call-row")}:has-text("000-06-05"):has(${by("row-play")}[data-place=here])`;
    // The relay reads the PBX's list of recordings once a minute; what it finds there is fetched afterwards.
    await page.waitForSelector(recorded, { timeout: 150_000 });
    await hands.click(recorded);
    await hands.key("Space");
    await page.waitForSelector(`${by("player")} >> text=000-06-05`);
  });
  await window.click(by("player-close"));

  await play("incoming-missed", { number: "+79000000606" });
  await window.click(by("nav-queue"));
  await task(10, "Mark a missed call as handled", { clicks: 1 }, async (hands, page) => {
    const missed = row("queue-row", "000-06-06");
    await page.hover(missed);
    await hands.click(`${missed} ${by("queue-done")}`);
    await page.waitForSelector(missed, { state: "detached" });
    await page.waitForSelector(by("message-undo"));
  });

  await window.click(by("nav-calls"));
  await task(11, "Save an unknown caller", { clicks: 2, keys: 1 }, async (hands, page) => {
    await hands.click(row("call-row", "000-06-06"));
    await hands.click(by("panel-create"));
    await page.waitForSelector(`${by("form-name")}:focus`);
    await hands.type("Новый Клиент");
    await hands.key("Enter");
    await page.waitForSelector(`${by("contact-card")} >> text=Новый Клиент`);
  });

  const { variants, first } = await ask("report.variants", {});
  const begins = variants.find((one) => one.id === first).settings;
  assert.ok(begins.groupings.includes("abonent"), `per employee: ${begins.groupings}`);
  assert.equal(begins.period.kind, "this_month");
  await task(12, "The month's report per employee to Excel", { clicks: 3 }, async (hands, page) => {
    await hands.click(by("nav-report"));
    await page.waitForSelector(`${by("report-file")}:enabled`);
    await hands.click(by("report-file"));
    await hands.click(by("report-file-yes"));
    await page.waitForSelector(by("report-file-dialog"), { state: "detached" });
    const message = await page.locator(by("message")).innerText();
    assert.match(message, /\.xlsx/, "an Excel file was written");
  });

  await task(13, "Turn forwarding on", { clicks: 2 }, async (hands, page) => {
    await hands.click(by("rail-forwarding"));
    await page.waitForSelector(`${by("forwarding-number-all")}:focus`);
    await hands.type("+79000000601");
    await hands.click(by("forwarding-on"));
    await page.waitForSelector(`${by("rail-forwarding")}[data-on=true] >> text=000-06-01`);
  });
  await ask("forwarding.off", {});

  await task(14, "Check that everything works", { clicks: 1, test: "" }, async (hands, page) => {
    await hands.click(by("rail-state"));
    await page.waitForSelector(by("check-result"));
  });

  await ask("settings.save", { settings });
  await toasts.close();
  return compare(tableOf(done), done, write);
}

/** What no browser can do: the test does it in the real desktop, with these clicks and keys. */
const ELSEWHERE = [
  {
    nth: 5,
    words: "Dial a number seen in any program",
    clicks: 0,
    keys: ["Ctrl+Shift+F9", "Enter"],
    most: { clicks: 0, keys: 2 },
    test: "`focus`",
  },
];

const some = (n, word) => (n === 0 ? "" : `${n} ${word}${n === 1 ? "" : "s"}`);
const sum = ({ clicks, keys }) =>
  [some(clicks, "click"), some(keys, "key")].filter(Boolean).join(", ") || "none";

function tableOf(done) {
  const counted = [...done, ...ELSEWHERE].map(({ nth, words, clicks, keys, most, test }) => {
    const pressed = keys.length ? ` (${keys.map((key) => `\`${key}\``).join(", ")})` : "";
    return { nth, cells: [words, sum({ clicks, keys: keys.length }) + pressed, sum(most), test || "–"] };
  });
  const lines = counted.sort((a, b) => a.nth - b.nth);
  return [
    "# What the commonest tasks take",
    "",
    "Counted by `npm run real` (`ui/tests/real/tasks.mjs`) in the built window over the real core; it fails where a task",
    "takes more than is allowed, or than this table says. `npm run real -- --write` writes the table. A text that is typed",
    "is not counted. What is pressed outside of the window, a system's toast or the tray, is counted there too: by the",
    "app's own window of toasts, or as one click for the icon; the last column names the tests of `tests/app` that press it",
    "on a real desktop.",
    "",
    "| # | Task | Takes | At most | Pressed on the desktop by |",
    "|--|--|--|--|--|",
    ...lines.map(({ nth, cells }) => `| ${nth} | ${cells.join(" | ")} |`),
    "",
  ].join("\n");
}

async function compare(table, done, write) {
  const over = done.filter((one) => one.clicks > one.most.clicks || one.keys.length > one.most.keys);
  const faults = over.map(
    (one) =>
      `task ${one.nth}, ${one.words}: ${sum({ ...one, keys: one.keys.length })}, allowed: ${sum(one.most)}`,
  );
  for (const [, name] of [...done, ...ELSEWHERE].flatMap(({ test }) => [...test.matchAll(/`([a-z_:]+)`/g)]))
    await access(new URL(`../../../tests/app/${name.replace("::", "/")}.rs`, import.meta.url));
  if (write) {
    await mkdir(dirname(TABLE), { recursive: true });
    await writeFile(TABLE, table);
  } else if ((await readFile(TABLE, "utf8").catch(() => "")) !== table) {
    faults.push(`TASKS.md differs from what was counted (npm run real -- --write):\n${table}`);
  }
  return faults;
}
