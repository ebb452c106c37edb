/** The connection to the PBX or to a relay: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { AppState } from "../../src/lib/bindings/AppState";
import type { Failure } from "../../src/lib/bindings/Failure";

type Args = Record<string, any>;

/** The answer, or `undefined` for what is not of this room. */
export function connection(app: Backend, command: string, args: Args): unknown {
  const { service } = app.state;
  const serve = (over: Partial<AppState["service"]>) =>
    (app.state = { ...app.state, service: { ...service, ...over } });
  switch (command) {
    case "connection.check_token":
      if (args.token !== app.goodToken) throw { code: "token_refused", detail: null } satisfies Failure;
      return app.abonents;
    case "connection.save_token":
      serve({ token: true, secrets: args.insecure ? "file" : service.secrets });
      return null;
    case "connection.abonents":
      return service.token || !service.embedded ? app.abonents : [];
    case "connection.choose_me":
      app.state = { ...app.state, me: app.abonents.find((one) => one.id === args.abonent) ?? null };
      return null;
    case "connection.join":
      serve(args.url ? { embedded: false, relayUrl: args.url, callbackUrl: null } : { embedded: true });
      return null;
    case "join.offer": {
      const link = /^perezvon:\/\/join\?relay=([^&]+)&code=/.exec(args.code);
      if (args.code) app.offer = link ? decodeURIComponent(link[1] ?? "") : args.relay;
      return app.offer && { relay: app.offer, inTheClear: app.offer.startsWith("http://") };
    }
    case "join.accept":
      serve({ embedded: false, relayUrl: args.relay, callbackUrl: null });
      app.offer = null;
      return { role: "user", name: "Смирнова Анна", me: app.abonents[1]?.id ?? null };
    case "join.decline":
      app.offer = null;
      return null;
    case "connection.check":
      return app.checks;
    case "connection.finish_wizard":
      app.state = { ...app.state, wizard: false };
      app.changed({ settings: true });
      return null;
    default:
      return undefined;
  }
}
