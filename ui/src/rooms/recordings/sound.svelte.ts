/** What is listened to and what is on its way, shared by the dock, the lists and the panel of a call. */
import { app } from "../../lib/app.svelte";
import type { Loadings } from "../../lib/bindings/Loadings";
import type { PlayerView } from "../../lib/bindings/PlayerView";
import type { RecordingView } from "../../lib/bindings/RecordingView";
import { has } from "../../lib/changed";
import { asFailure, ask, onLoading, onPlayer } from "../../lib/ipc";

const EMPTY: PlayerView = {
  id: null,
  phase: "empty",
  positionMs: 0,
  durationMs: 0,
  channels: 0,
  speed: 1,
  volume: 1,
  skipsSilence: false,
  peaks: false,
  device: null,
  trouble: null,
};

class Sound {
  view = $state.raw<PlayerView>(EMPTY);
  /** The recording that is open, with its marks. */
  open = $state.raw<RecordingView | null>(null);
  levels = $state.raw<Uint8Array | null>(null);
  loadings = $state.raw<Loadings>({ now: [], trouble: null });
  /** When the view was told, by `performance.now()`. */
  #told = 0;
  #levelsOf: number | null = null;

  /** Begins to listen; answers how to stop. */
  start(): () => void {
    const listening = [
      onPlayer((view) => this.#take(view)),
      onLoading((loadings) => (this.loadings = loadings)),
    ];
    void Promise.allSettled(listening).then(async () => {
      try {
        this.#take(await ask("player.state"));
        this.loadings = await ask("recordings.loading");
      } catch {
        // There is no storage: the frame of the window says so.
      }
    });
    const deaf = app.onChange((changed) => {
      const id = this.view.id;
      if (id !== null && has(changed.recordings, id)) void this.#read(id);
    });
    return () => {
      deaf();
      for (const ear of listening) ear.then((stop) => stop()).catch(() => undefined);
    };
  }

  #take(view: PlayerView): void {
    const before = this.view;
    this.view = view;
    this.#told = performance.now();
    if (view.id !== before.id) {
      [this.open, this.levels, this.#levelsOf] = [null, null, null];
      if (view.id !== null) void this.#read(view.id);
    }
    if (view.peaks && view.id !== null && this.#levelsOf !== view.id) void this.#readLevels(view.id);
  }

  async #read(id: number): Promise<void> {
    try {
      const open = await ask("recordings.one", { id });
      if (this.view.id === id) this.open = open;
    } catch {
      // It is gone; the player says so.
    }
  }

  async #readLevels(id: number): Promise<void> {
    this.#levelsOf = id;
    try {
      const levels = await ask("player.levels");
      if (this.view.id === id) this.levels = new Uint8Array(levels);
    } catch {
      this.#levelsOf = null;
    }
  }

  /** Percent of a recording that is on its way; `null` where it is not known how much it is, `undefined` where it is not. */
  percent(id: number | null): number | null | undefined {
    const one = this.loadings.now.find((loading) => loading.id === id);
    if (!one) return undefined;
    return one.total ? Math.floor((100 * one.bytes) / one.total) : null;
  }

  /** The place that is heard now: between two tellings it moves at the speed of listening. */
  place(): number {
    const { phase, positionMs, speed, durationMs } = this.view;
    if (phase !== "playing") return positionMs;
    const since = Math.min(performance.now() - this.#told, 1000);
    return Math.min(positionMs + since * speed, durationMs || Infinity);
  }

  seek(toMs: number): void {
    const to = Math.round(Math.max(0, Math.min(toMs, this.view.durationMs)));
    this.view = { ...this.view, positionMs: to };
    this.#told = performance.now();
    void this.#do(() => ask("player.seek", { toMs: to }));
  }

  by(ms: number): void {
    this.seek(this.place() + ms);
  }

  /** Plays a recording; what is open already goes on or stands still. */
  play(id: number): void {
    if (this.view.id === id && ["playing", "paused", "ended"].includes(this.view.phase)) this.toggle();
    else void this.#do(() => ask("player.open", { id }));
  }

  /** The recording of a call; of an abonent's part in it. */
  playCall(call: string, abonent: string | null): void {
    void this.#do(() => ask("player.open_call", { call, abonent }));
  }

  toggle(): void {
    void this.#do(() => ask("player.toggle"));
  }

  close(): void {
    void this.#do(() => ask("player.close"));
  }

  set(what: "speed" | "volume", value: number): void {
    this.view = { ...this.view, [what]: value };
    void this.#do(() =>
      what === "speed" ? ask("player.speed", { value }) : ask("player.volume", { value }),
    );
  }

  skipSilence(skips: boolean): void {
    void this.#do(() => ask("player.skip_silence", { skips }));
  }

  async #do(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (reason) {
      app.complain(asFailure(reason));
    }
  }
}

export const sound = new Sound();
