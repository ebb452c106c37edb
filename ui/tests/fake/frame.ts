/** The window and its versions: a part of the stand-in app. */
import type { Backend } from "./backend";

/** The answer, or `undefined` for what is not of this room. */
export function frame(app: Backend, command: string): unknown {
  switch (command) {
    case "frame.state":
      return app.state;
    case "frame.take_route": {
      const route = app.route;
      app.route = null;
      return route;
    }
    case "frame.example":
    case "frame.leave_example":
    case "updates.look":
    case "updates.install":
      return null;
    default:
      return undefined;
  }
}
