/** Which of the shown abonents are found: the app looks, which reads numbers in every spelling. */
import { ask } from "./ipc";
import { Loaded } from "./load.svelte";

export class Found {
  readonly #ids = new Loaded<Set<string>>();

  /** For `$effect`: looks for the query among the abonents that were read last. */
  look(query: string): void {
    if (query.trim()) void this.#ids.read(async () => new Set(await ask("company.find", { query })));
    else this.#ids.clear();
  }

  /** All of them while nothing is looked for. */
  of<T extends { id: string }>(all: T[]): T[] {
    const ids = this.#ids.value;
    return ids ? all.filter((one) => ids.has(one.id)) : all;
  }
}
