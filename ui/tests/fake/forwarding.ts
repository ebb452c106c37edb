/** One's own forwarding: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { ForwardTo } from "../../src/lib/bindings/ForwardTo";
import type { Forwarding } from "../../src/lib/bindings/Forwarding";
import { nowhere } from "./data";

type Args = Record<string, any>;

function forward(app: Backend, to: Forwarding): Forwarding {
  app.forwarding = to;
  app.state = { ...app.state, forwarding: to };
  app.changed({ service: true });
  return to;
}

/** The answer, or `undefined` for what is not of this room. */
export function forwarding(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "forwarding.read":
      return { now: app.forwarding, last: app.forwardedLast };
    case "forwarding.set":
      app.forwardedLast = args.to as ForwardTo;
      return forward(app, { on: true, ...app.forwardedLast });
    case "forwarding.off":
      return forward(app, { on: false, ...nowhere });
    default:
      return undefined;
  }
}
