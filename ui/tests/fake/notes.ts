/** What was written about calls: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { CallNote } from "../../src/lib/bindings/CallNote";

type Args = Record<string, any>;

export function writtenOf(app: Backend, call: string): CallNote {
  return app.notes.get(call) ?? { outcome: "", note: "", tags: [], next: "" };
}

/** The answer, or `undefined` for what is not of this room. */
export function notes(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "notes.of_call":
      return writtenOf(app, args.call);
    case "notes.save":
      app.notes.set(args.call, args.written);
      app.changed({ calls: [args.call] });
      return null;
    case "notes.just_ended":
      return app.justEnded
        .filter((row) => args.ids.includes(row.id))
        .map((row) => ({ row, written: writtenOf(app, row.id) }));
    default:
      return undefined;
  }
}
