/**
 * The built window in Chromium over the real core, the relay inside it and a simulated PBX: a working day in it, with axe
 * on every page, and then the clicks of the commonest tasks (`tasks.mjs`). `npm run real` starts the host
 * (`src-tauri/examples/window_host`, which must be built, as the window must); `WINDOW_HOST` is another place of it. The
 * pictures are in `dist-real/`.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { examine, launch } from "../look/browser.mjs";
import { countTasks } from "./tasks.mjs";

const ui = fileURLToPath(new URL("../../", import.meta.url));
const out = join(ui, "dist-real");
const program = process.env.WINDOW_HOST ?? join(ui, "../target/debug/examples/window_host");
const DEADLINE_MS = 60_000;
const ZONE = "Europe/Moscow";

/** Starts the host: the addresses of the window and of the simulator's control. It ends with its standard input. */
async function start() {
  const host = spawn(program, {
    stdio: ["pipe", "pipe", "inherit"],
    // Not the keyring of who runs this: the token goes into a file of the host's own folder.
    // And what is played is heard by nobody.
    env: {
      ...process.env,
      TZ: ZONE,
      DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere",
      PULSE_SERVER: "unix:/nowhere",
      ALSA_CONFIG_PATH: "/dev/null",
    },
  });
  const ended = new Promise((_, reject) => {
    host.on("error", reject);
    host.on("exit", (code) => reject(new Error(`the host ended: ${code}`)));
  });
  // Told where it is waited for.
  ended.catch(() => undefined);
  const lines = createInterface({ input: host.stdout })[Symbol.asyncIterator]();
  const line = async () => (await Promise.race([lines.next(), ended])).value.split(" ")[1];
  return { host, window: await line(), control: await line() };
}

const { host, window: origin, control } = await start();
const browser = await launch();
const faults = [];
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

/** Plays a script of the simulator to its end. */
async function play(script, given = {}) {
  const answer = await fetch(`${control}play/${script}?wait=1`, {
    method: "POST",
    body: JSON.stringify(given),
  });
  assert.ok(answer.ok, `${script}: ${await answer.text()}`);
}

const by = (testid) => `[data-testid=${testid}]`;

async function walk(page) {
  const at = async (name) => {
    await page.waitForFunction(() => !document.querySelector("[data-testid=skeleton]"));
    await page.screenshot({ path: join(out, `${name}.png`) });
    await examine(page, name, faults);
  };
  const text = (testid) => page.locator(by(testid)).first().innerText();

  await page.goto(origin);
  // Amber: no toasts are raised here.
  await page.waitForSelector(`${by("shell")}:not([data-level=off])`);
  await page.click(by("nav-calls"));
  await at("empty");

  // Calls come in, and the list and the badge follow without a question of a person.
  await play("incoming-missed", { number: "+79000000555" });
  await page.waitForSelector(`${by("call-row")} >> text=000-05-55`);
  await page.waitForSelector(by("nav-queue-count"));
  assert.equal(await text("nav-queue-count"), "1", "one waits for an answer");
  await play("incoming-answered", { number: "+79000000556" });
  await page.waitForSelector(`${by("call-row")} >> text=000-05-56`);
  await at("calls");

  // A contact out of a call: the open list has his name at once.
  await page.click(`${by("call-row")} >> text=000-05-55`);
  await page.waitForSelector(by("panel-name"));
  await at("call");
  await page.click(by("panel-create"));
  await page.fill(`${by("contact-form")} input >> nth=0`, "Проверкин Пётр");
  await page.click(by("form-save"));
  await page.waitForSelector(`${by("contact-card")} >> text=Проверкин`);
  await at("contact");
  await page.click(by("nav-calls"));
  await page.waitForSelector(`${by("call-row")} >> text=Проверкин`);

  // Every page that one can go to.
  const links = await page.locator("nav [data-testid^=nav-]:is(a)").all();
  const pages = await Promise.all(links.map((link) => link.getAttribute("data-testid")));
  assert.ok(pages.length > 5, `an administrator has many pages: ${pages}`);
  for (const name of pages) {
    await page.click(by(name));
    const title = await page.locator(`${by(name)} .word`).innerText();
    await page.waitForSelector(`main h1 >> text=${title}`);
    await at(name);
    assert.equal(await page.locator(by("failure")).count(), 0, `${name} shows no trouble`);
  }
  for (const section of ["address", "me", "pbx", "notifications", "general", "check"]) {
    await page.click(by(`settings-nav-${section}`));
    await page.waitForSelector(by(`settings-${section}`));
    await at(`settings-${section}`);
  }

  // A token that the PBX refuses is said where it was entered, and the day goes on with the one before.
  const set = await fetch(`${control}faults`, { method: "POST", body: '{"rejectToken":true}' });
  assert.ok(set.ok, await set.text());
  await page.click(by("settings-nav-connection"));
  await page.fill(by("settings-token"), "11111111-2222-3333-4444-555555555555");
  await page.waitForSelector(`${by("settings-connection")} ${by("failure")}`);
  await at("token-refused");
  await fetch(`${control}faults`, { method: "DELETE" });
}

try {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 700 },
    reducedMotion: "reduce",
    timezoneId: ZONE,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE_MS);
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.stack ?? error}`));
  try {
    await walk(page);
    const open = async (name) => {
      const small = await context.newPage();
      small.setDefaultTimeout(DEADLINE_MS);
      small.on("pageerror", (error) => faults.push(`${name}: ${error.stack ?? error}`));
      await small.goto(`${origin}/#/${name}`);
      return small;
    };
    const ask = (name, body) =>
      page.evaluate((question) => globalThis.__TAURI_INTERNALS__.invoke("ask", question), { name, body });
    const placed = async () => (await fetch(`${control}calls`)).json();
    const write = process.argv.includes("--write");
    faults.push(...(await countTasks({ window: page, open, ask, play, placed, write })));
  } catch (error) {
    faults.push(String(error.stack ?? error));
    await page.screenshot({ path: join(out, "fault.png") });
  }
} finally {
  await browser.close();
  host.stdin.end();
}
for (const fault of faults) console.error(fault);
console.log(`a day in the window over the real core: ${faults.length} faults; pictures in ui/dist-real`);
process.exitCode = faults.length ? 1 : 0;
