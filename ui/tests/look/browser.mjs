/** Debian's Chromium, and what axe says of a page in it. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** `CHROMIUM` is another program. */
export function launch() {
  // As root, in a container, Chromium has no sandbox of its own; it shows nothing but our own files.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** Adds what axe finds on the page to the faults. */
export async function examine(page, name, faults) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  for (const { id, help, nodes } of violations) {
    faults.push(
      `${name}: ${id}: ${help}: ${nodes
        .slice(0, 3)
        .map((node) => node.target.join(" ") + (node.any[0] ? ` (${node.any[0].message})` : ""))
        .join(" | ")}`,
    );
  }
}
