/** The small windows: a part of the stand-in app. */
import type { Backend } from "./backend";

type Args = Record<string, any>;

/** The answer, or `undefined` for what is not of this room. */
export function small(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "small.toasts":
      return app.toasts;
    case "small.press":
    case "small.dismiss":
      app.toasts = app.toasts.filter((one) => one.key !== args.key);
      app.emit("toasts", null);
      return null;
    case "small.open":
      app.opened.push(args.route);
      return null;
    default:
      return undefined;
  }
}
