/** What the whole window shares: the app's state, messages to the user, the clock. */
import { SvelteSet } from "svelte/reactivity";
import type { AppState } from "./bindings/AppState";
import type { Changed } from "./bindings/Changed";
import type { Settings } from "./bindings/Settings";
import type { Failure } from "./bindings/Failure";
import { EVERYTHING } from "./changed";
import { i18n } from "./i18n/index.svelte";
import { asFailure, ask, onChanged, onNavigate, onPanel, setTitle } from "./ipc";
import { Loaded } from "./load.svelte";
import { router } from "./route.svelte";
import { failureText } from "./words";

export type Message = { id: number; text: string; bad: boolean; undo?: () => void };

/** How long a number cannot be called again: longer than any double click. */
const AGAIN_MS = 2000;

class App {
  readonly loaded = new Loaded<AppState>();
  message = $state.raw<Message | null>(null);
  /** Milliseconds since 1970; moves once a minute, so that «Сегодня» becomes «Вчера» at midnight. */
  now = $state(Date.now());
  /** The dialog where a number is dialled, or where a link asks to: 0 when closed, else another with each link. */
  dial = $state(0);
  /** The palette is open. */
  palette = $state(false);
  /** The dialog where one's calls are forwarded. */
  forwarding = $state(false);
  /** Numbers being called from here. */
  readonly calling = new SvelteSet<string>();
  #counts: Changed["counts"] = null;
  #heard = new Set<(changed: Changed) => void>();
  #saving: Promise<unknown> = Promise.resolve();
  #messages = 0;
  #dials = 0;

  get state(): AppState | null {
    return this.loaded.value;
  }

  /** Begins to listen and reads the state; answers how to stop. A small window has no pages to be sent to. */
  start(small = false): () => void {
    this.small = small;
    const stopRouter = small ? () => undefined : router.start();
    const minute = setInterval(() => (this.now = Date.now()), 60_000);
    const listening = [onChanged((changed) => this.#tell(changed))];
    listening.push(small ? onPanel(() => this.openDial()) : onNavigate((route) => this.#show(route)));
    // Read at once for the first picture, and again when the window listens: a change before that would be missed, by what
    // is shown by then too.
    let listens = false;
    const heard = Promise.allSettled(listening).then(() => (listens = true));
    const read = this.reload().then(() => listens);
    void Promise.all([read, heard]).then(([inTime]) => (inTime ? this.reload() : this.refresh()));
    return () => {
      stopRouter();
      clearInterval(minute);
      for (const ear of listening) ear.then((stop) => stop()).catch(() => undefined);
    };
  }

  async reload(): Promise<void> {
    await this.loaded.read(async () => {
      const before = this.#counts;
      const state = await ask("frame.state");
      // Figures that came meanwhile are newer than those that were read.
      return this.#counts === before ? state : { ...state, ...this.#counts };
    });
    const language = this.state?.settings.language;
    if (language) i18n.language = language;
  }

  /** Reads everything again, as after a failure. */
  refresh(): void {
    this.#tell(EVERYTHING);
  }

  #tell(changed: Changed): void {
    if (changed.counts) this.#counts = changed.counts;
    if (changed.counts && this.state) this.loaded.value = { ...this.state, ...changed.counts };
    if (changed.service || changed.settings) void this.reload();
    for (const heard of this.#heard) heard(changed);
  }

  #show(route: string): void {
    // A question, not a page: it stands over whatever is being read or written.
    if (route === "dial") this.openDial();
    else if (route === "forwarding") this.forwarding = true;
    else router.go(route);
  }

  /** A small window: it has no pages, the window has. */
  small = $state(false);

  /** Shows a page, of a small window in the window. */
  open(link: string): void {
    if (this.small) void ask("small.open", { route: link.replace(/^#\//, "") });
    else router.go(link);
  }

  openDial(): void {
    this.dial = ++this.#dials;
  }

  /** For `$effect`: calls `heard` at every change until the component is gone. */
  onChange(heard: (changed: Changed) => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }

  /** Tells what was done; `undo` takes it back. */
  say(text: string, undo?: () => void): void {
    this.message = { id: ++this.#messages, text, bad: false, undo };
  }

  /** Tells what went wrong; `before` is what was done until then, and `undo` takes that back. */
  complain(failure: Failure, before = "", undo?: () => void): void {
    const text = [before, failureText(failure, i18n.t)].filter(Boolean).join(" ");
    this.message = { id: ++this.#messages, text, bad: true, undo };
  }

  quiet(id: number): void {
    if (this.message?.id === id) this.message = null;
  }

  /** Does something; what goes wrong is told. */
  async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (reason) {
      this.complain(asFailure(reason));
    }
  }

  /** Calls a number. A second press on any button of this number soon after the first is no second call. */
  async callBack(number: string, who: string): Promise<void> {
    if (this.calling.has(number)) return;
    this.calling.add(number);
    try {
      await ask("calls.call_back", { number });
      this.say(i18n.t.calls.placed(who));
    } catch (reason) {
      this.complain(asFailure(reason));
    }
    setTimeout(() => this.calling.delete(number), AGAIN_MS);
  }

  /** Changes some settings. One change after another, so that two quick ones do not undo each other. */
  saveSettings(patch: Partial<Settings>): Promise<Failure | null> {
    const turn = this.#saving.then(async () => {
      if (!this.state) return null;
      try {
        await ask("settings.save", { settings: { ...this.state.settings, ...patch } });
        return null;
      } catch (reason) {
        return asFailure(reason);
      } finally {
        await this.reload();
      }
    });
    this.#saving = turn;
    return turn;
  }

  title(record: string | null): void {
    const name = this.state?.example ? i18n.t.example.name : i18n.t.app;
    setTitle(record ? `${record} — ${name}` : name);
  }
}

export const app = new App();
