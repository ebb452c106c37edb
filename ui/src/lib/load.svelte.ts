import type { Failure } from "./bindings/Failure";
import { asFailure, askAgain } from "./ipc";

/** Something read from the app, with its failure. Only the answer to the newest question counts. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<Failure | null>(null);
  busy = $state(false);
  #turn = 0;

  /** `wanted`: whether no newer question was asked meanwhile. */
  async read(question: (wanted: () => boolean) => Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    const wanted = () => turn === this.#turn;
    this.busy = true;
    try {
      const value = await askAgain(() => question(wanted), wanted);
      if (!wanted()) return;
      this.value = value;
      this.failure = null;
    } catch (reason) {
      if (!wanted()) return;
      this.failure = asFailure(reason);
    }
    this.busy = false;
  }

  /** Forgets the value and whatever answer is still on its way. */
  clear(): void {
    this.#turn++;
    this.value = null;
    this.failure = null;
    this.busy = false;
  }
}
