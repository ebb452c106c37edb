/** Settings: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { Settings } from "../../src/lib/bindings/Settings";
import { samples } from "./toasts";

type Args = Record<string, any>;

/** The answer, or `undefined` for what is not of this room. */
export function settings(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "settings.save":
      app.state = { ...app.state, settings: args.settings as Settings };
      app.changed({ settings: true });
      return null;
    case "settings.samples":
      return samples;
    case "settings.show_sample":
      return null;
    case "settings.export":
      return "/home/anna/Загрузки/Настройки Перезвона.json";
    case "settings.import": {
      const { settings } = JSON.parse(args.text) as { settings: Record<string, unknown> };
      const known = Object.entries(settings).filter(([name]) => name in app.state.settings);
      app.state = { ...app.state, settings: { ...app.state.settings, ...Object.fromEntries(known) } };
      return {
        taken: known.map(([name]) => name),
        left: Object.keys(settings).filter((name) => !(name in app.state.settings)),
      };
    }
    default:
      return undefined;
  }
}
