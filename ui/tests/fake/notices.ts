/** Notifications: a part of the stand-in app. */
import type { Backend } from "./backend";

type Args = Record<string, any>;

/** The answer, or `undefined` for what is not of this room. */
export function notices(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "notices.list": {
      const before = args.before as number | null;
      return app.notifications.filter((row) => before === null || row.id < before).slice(0, args.limit);
    }
    case "notices.rows":
      return app.notifications.filter((row) => args.ids.includes(row.id));
    case "notices.seen":
      for (const row of app.notifications) if (args.id === null || row.id === args.id) row.seen = true;
      app.state = { ...app.state, unseen: args.id === null ? 0 : Math.max(0, app.state.unseen - 1) };
      app.changed({ notices: args.id === null ? "many" : [args.id] });
      return null;
    default:
      return undefined;
  }
}
