/** The journal as a file: all that is listed, or the chosen calls. */
import type { FileWritten } from "../../lib/bindings/FileWritten";
import { i18n } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { moment } from "../../kit/moment";
import type { Log } from "./log.svelte";

export const CALL_FORMATS = ["csv", "csv_1251"] as const;

export const saveCalls = (
  log: Log,
  ids: string[] | null,
  format: (typeof CALL_FORMATS)[number],
): Promise<FileWritten> =>
  ask("calls.save", {
    filter: log.filter,
    span: log.span,
    ids,
    columns: log.columns,
    name: i18n.t.calls.fileName(moment(new Date().toISOString(), "date")),
    cyrillic: format === "csv_1251",
  });
