/** Fictional recordings and a player that plays none. */
import type { FailureCode } from "../../src/lib/bindings/FailureCode";
import type { PlayerView } from "../../src/lib/bindings/PlayerView";
import type { RecordingRow } from "../../src/lib/bindings/RecordingRow";
import type { RecordingsKept } from "../../src/lib/bindings/RecordingsKept";
import type { RecordingsFilter } from "../../src/lib/bindings/RecordingsFilter";
import type { MarkView } from "../../src/lib/bindings/MarkView";
import { ago, paged, shownNumber } from "./data";

type Args = Record<string, any>;

function samples(): RecordingRow[] {
  const one = (id: number, minutes: number, over: Partial<RecordingRow>): RecordingRow => ({
    id,
    call: `01J0000000000000000000000${id}`,
    name: null,
    number: shownNumber(10 + id),
    hidden: false,
    incoming: id % 2 === 1,
    startedAt: ago(minutes),
    lengthMs: 34_000 * id,
    toldMs: null,
    bytes: 272_000 * id,
    abonent: null,
    place: "here",
    gone: false,
    problem: null,
    format: null,
    erasedAt: null,
    heard: true,
    marks: 0,
    found: null,
    ...over,
  });
  return [
    one(1, 41, { name: "Орлова Дарья", heard: false }),
    one(2, 90, { name: "ООО «Берёзка»", marks: 2 }),
    one(3, 300, { place: "missing", heard: false }),
    one(4, 1500, { name: "Лебедев Антон", place: "missing", problem: "recording_cut", heard: false }),
    one(5, 1600, { place: "damaged", problem: "recording_length", toldMs: 320_000 }),
    one(6, 3000, { number: null, hidden: true, place: "gone", heard: false }),
    one(7, 4000, { name: "Романова Вера", abonent: "Смирнова Анна", gone: true }),
    one(8, 140_000, { place: "missing", erasedAt: ago(2000) }),
    one(9, 150_000, { place: "damaged", problem: "recording_format", format: "GSM 6.10", lengthMs: null }),
  ];
}

export class Recordings {
  rows = samples();
  marks: MarkView[] = [
    { id: 1, atMs: 12_000, note: "Цена за тонну" },
    { id: 2, atMs: 41_000, note: "Перезвонить в среду" },
  ];
  /** What keeps recordings from being fetched. */
  trouble: FailureCode | null = null;
  kept: RecordingsKept = { own: true, abonents: [], days: 90, megabytes: 4096, metered: false, toast: false };
  view: PlayerView = {
    id: null,
    phase: "empty",
    positionMs: 0,
    durationMs: 0,
    channels: 1,
    speed: 1,
    volume: 1,
    skipsSilence: false,
    peaks: false,
    device: null,
    trouble: null,
  };

  constructor(
    private readonly emit: (name: string, payload: unknown) => void,
    private readonly changed: (ids: number[]) => void,
  ) {}

  #tell(over: Partial<PlayerView>): null {
    this.view = { ...this.view, ...over };
    this.emit("player", this.view);
    return null;
  }

  answer(command: string, args: Args): unknown {
    const row = (id: number) => this.rows.find((one) => one.id === id);
    switch (command) {
      case "recordings.list":
        return paged(this.rows.filter(fits(args.filter)), args.cursor, args.limit);
      case "recordings.rows":
        return this.rows.filter((one) => args.ids.includes(one.id));
      case "recordings.one":
        return { row: row(args.id), marks: args.id === 2 ? this.marks : [], positionMs: 0 };
      case "recordings.totals": {
        const here = this.rows.filter((one) => one.place === "here" || one.place === "damaged");
        const bytes = here.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
        return {
          all: this.rows.length,
          here: here.length,
          bytes,
          abonents: [{ id: "a2", name: "Смирнова Анна" }],
        };
      }
      case "recordings.loading":
        return { now: this.trouble ? [] : [{ id: 3, bytes: 40_000, total: 100_000 }], trouble: this.trouble };
      case "recordings.erase":
        this.rows = this.rows.map((one) => (args.ids.includes(one.id) ? { ...one, place: "missing" } : one));
        this.changed(args.ids);
        return args.ids.length;
      case "recordings.save":
        return "/home/user/Загрузки";
      case "recordings.settings":
        return this.kept;
      case "recordings.set_settings":
        return (this.kept = args.kept);
      case "recordings.fetch":
      case "recordings.show":
      case "recordings.open_elsewhere":
        return null;
      case "player.state":
        return this.view;
      case "player.open":
        return this.#tell({
          id: args.id,
          phase: "playing",
          durationMs: row(args.id)?.lengthMs ?? 0,
          peaks: true,
        });
      case "player.levels": {
        const length = Math.floor(this.view.durationMs / 20);
        return Uint8Array.from({ length }, (_, i) =>
          i % 97 < 14 ? 60 : 170 + 60 * Math.sin(i / 31) + 20 * Math.sin(i * 1.7),
        ).buffer;
      }
      case "player.toggle":
        return this.#tell({ phase: this.view.phase === "playing" ? "paused" : "playing" });
      case "player.seek":
        return this.#tell({ positionMs: args.toMs });
      case "player.speed":
        return this.#tell({ speed: args.value });
      case "player.volume":
        return this.#tell({ volume: args.value });
      case "player.skip_silence":
        return this.#tell({ skipsSilence: args.skips });
      case "player.devices":
        return { chosen: null, all: [{ id: "pulse:usb", name: "USB-гарнитура" }] };
      case "player.close":
        return this.#tell({ id: null, phase: "empty", peaks: false });
      case "player.mark": {
        const mark = { id: this.marks.length + 1, atMs: args.atMs, note: args.note };
        this.marks = [...this.marks, mark];
        this.changed([args.id]);
        return mark;
      }
      default:
        return undefined;
    }
  }
}

const fits = (filter: RecordingsFilter) => (one: RecordingRow) =>
  (filter.kind === "all" ||
    (filter.kind === "here" && ["here", "damaged"].includes(one.place)) ||
    (filter.kind === "missing" && !["here", "damaged"].includes(one.place)) ||
    (filter.kind === "unheard" && !one.heard) ||
    (filter.kind === "marked" && one.marks > 0)) &&
  (filter.incoming === null || one.incoming === filter.incoming) &&
  JSON.stringify([one.name, one.number]).toLocaleLowerCase().includes(filter.query.toLocaleLowerCase());
