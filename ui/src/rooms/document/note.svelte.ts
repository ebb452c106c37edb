/** A note that saves itself: half a second after the last key, and at once when its field is left. */
import type { Failure } from "../../lib/bindings/Failure";
import { asFailure } from "../../lib/ipc";

const PAUSE_MS = 500;

export class Note {
  text = $state("");
  state = $state<"idle" | "typed" | "saving" | "saved" | "failed">("idle");
  failure = $state.raw<Failure | null>(null);
  #stored = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | null = null;
  readonly #write: (text: string) => Promise<unknown>;

  constructor(write: (text: string) => Promise<unknown>) {
    this.#write = write;
  }

  /** The app told the stored note. What is being typed here is newer. */
  told(stored: string): void {
    if (this.text !== this.#stored || this.#writing) return;
    this.#stored = stored;
    this.text = stored;
  }

  typed(text: string): void {
    this.text = text;
    this.state = "typed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Writes what is not written yet; one write after another. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#writing) await this.#writing;
    const text = this.text;
    if (text === this.#stored) {
      if (this.state === "typed") this.state = "saved";
      return;
    }
    this.state = "saving";
    this.#writing = this.#write(text).then(
      () => {
        this.#stored = text;
        this.failure = null;
        this.state = this.text === text ? "saved" : "typed";
      },
      (reason: unknown) => {
        this.failure = asFailure(reason);
        this.state = "failed";
      },
    );
    await this.#writing;
    this.#writing = null;
  }
}
