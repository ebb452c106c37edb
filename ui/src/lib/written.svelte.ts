/** What is written about calls: it saves itself half a second after the last key, and at once when its field is left. */
import { untrack } from "svelte";
import type { CallNote } from "./bindings/CallNote";
import type { Failure } from "./bindings/Failure";
import { asFailure, ask } from "./ipc";

const PAUSE_MS = 500;
/** Calls whose texts are held; what is not stored yet is never let go. */
const HELD = 20;
const NOTHING: CallNote = { outcome: "", note: "", tags: [], next: "" };

const line = (text: string) => text.trim().replace(/\s+/g, " ");
/** The same as the app stores it: a blank that is being typed is no news. */
const stored = ({ outcome, note, tags, next }: CallNote) =>
  JSON.stringify([line(outcome), note.trim(), tags.map(line), line(next)]);

export class Written {
  value = $state.raw<CallNote>(NOTHING);
  state = $state<"idle" | "typed" | "saving" | "saved" | "failed">("idle");
  failure = $state.raw<Failure | null>(null);
  #stored = stored(NOTHING);
  /** How many writes were made. A question that was asked before the last may be answered after it. */
  writes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | null = null;

  constructor(private readonly write: (written: CallNote) => Promise<unknown>) {}

  /** Everything that was typed is stored. */
  get settled(): boolean {
    return !this.#writing && stored(this.value) === this.#stored;
  }

  /** The app told what is stored, asked after so many writes. What is being typed here is newer, be it a blank. */
  told(told: CallNote, asked = this.writes): void {
    const text = stored(told);
    if (untrack(() => !this.settled || this.state === "typed") || text === this.#stored) return;
    if (asked !== this.writes) return;
    this.#stored = text;
    this.value = told;
  }

  type(patch: Partial<CallNote>): void {
    this.value = { ...this.value, ...patch };
    this.state = "typed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Writes what is not written yet; one write after another. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#writing) await this.#writing;
    const written = this.value;
    const now = stored(written);
    if (now === this.#stored) {
      if (this.state === "typed") this.state = "saved";
      return;
    }
    this.state = "saving";
    this.writes++;
    this.#writing = this.write(written).then(
      () => {
        this.#stored = now;
        this.failure = null;
        this.state = stored(this.value) === now ? "saved" : "typed";
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

const held = new Map<string, Written>();

/** What is written about a call: one for the card, the panel and the document, so that none overwrites another. */
export function writtenOf(call: string): Written {
  const one = held.get(call) ?? new Written((written) => ask("notes.save", { call, written }));
  held.delete(call);
  held.set(call, one);
  for (const [id, old] of held) {
    if (held.size <= HELD) break;
    if (old.settled && id !== call) held.delete(id);
  }
  return one;
}
