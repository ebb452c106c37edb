/** The report over a made-up January: what the desk itself makes of it, written by its tests. */
import type { Report } from "../../src/lib/bindings/Report";
import type { ReportCalls } from "../../src/lib/bindings/ReportCalls";
import type { ReportPictures } from "../../src/lib/bindings/ReportPictures";
import type { ReportPlace } from "../../src/lib/bindings/ReportPlace";
import type { ReportSettings } from "../../src/lib/bindings/ReportSettings";
import type { ReportVariants } from "../../src/lib/bindings/ReportVariants";
import type { ReportWords } from "../../src/lib/bindings/ReportWords";
import told from "./report.json";

type Told = {
  words: ReportWords;
  variants: ReportVariants;
  reports: Record<string, Report>;
  pictures: ReportPictures;
  calls: ReportCalls;
};

/** Answers the room's commands; `undefined` for what is not of the report. */
export class Reports {
  /** There are no calls. */
  empty = false;
  #told = structuredClone(told) as unknown as Told;

  answer(command: string, args: Record<string, any>): unknown {
    const { words, variants, reports, pictures, calls } = this.#told;
    switch (command) {
      case "report.words":
        return words;
      case "report.variants":
        return variants;
      case "report.make":
        return this.empty ? this.#nothing(reports) : this.#report(args.settings, reports);
      case "report.pictures":
        return pictures;
      case "report.calls":
        return { ...calls, calls: this.#counted(args.place, reports) };
      case "report.save_variant": {
        const id = args.id ?? `u${variants.variants.length}`;
        const saved = { id, name: args.name, settings: args.settings, own: false };
        const rest = variants.variants.filter((one) => one.id !== id);
        this.#told.variants = { ...variants, variants: [...rest, saved] };
        return id;
      }
      case "report.delete_variant":
        this.#told.variants = {
          ...variants,
          variants: variants.variants.filter((one) => one.id !== args.id),
        };
        return null;
      case "report.begin_with":
        this.#told.variants = { ...variants, first: args.id };
        return null;
      case "report.share_variant":
        return "/home/user/Загрузки/Анализ звонков ОАТС.perezvon.json";
      case "report.take_variant":
        return variants.first;
      case "report.save":
        return "/home/user/Загрузки/Анализ звонков ОАТС.xlsx";
      case "report.cancel_save":
        return null;
      default:
        return undefined;
    }
  }

  /** What the cell says, where it counts calls. */
  #counted({ settings, path, measure }: ReportPlace, reports: Record<string, Report>): number {
    const report = this.#report(settings, reports);
    const line = report?.lines.find((one) => !one.call && String(one.path) === String(path));
    const counts = measure === "count" || measure === "answered" || measure === "missed";
    const cell = counts ? (line ?? report?.total)?.cells[settings.measures.indexOf(measure)] : null;
    return cell?.value ?? line?.calls ?? report?.calls ?? 0;
  }

  #nothing(reports: Record<string, Report>): Report | undefined {
    const one = reports[this.#told.variants.first];
    return one && { ...one, lines: [], calls: 0, journal: 0 };
  }

  /** That of the variant with the same groups and figures, else the first. */
  #report(settings: ReportSettings, reports: Record<string, Report>): Report | undefined {
    const same = (one: ReportSettings) =>
      JSON.stringify([one.groupings, one.measures, one.columns]) ===
      JSON.stringify([settings.groupings, settings.measures, settings.columns]);
    const known = this.#told.variants.variants.find((one) => same(one.settings) && reports[one.id]);
    return reports[known?.id ?? this.#told.variants.first];
  }
}
