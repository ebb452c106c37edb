/** What is dialled: a part of the stand-in app. */
import type { Backend } from "./backend";
import type { DialFound } from "../../src/lib/bindings/DialFound";
import { digits } from "./data";
import type { Failure } from "../../src/lib/bindings/Failure";

type Args = Record<string, any>;
const missing: Failure = { code: "not_found", detail: null };

export function toDial(app: Backend, text: string): DialFound {
  const number = digits(text);
  const kind = /^[*#]/.test(text) ? "code" : number.length < 7 ? "colleague" : "mobile";
  const key = kind === "mobile" ? `+7${number.slice(-10)}` : text;
  const owner = app.contacts.find((one) => one.numbers.some((own) => own.key === key));
  const words = text.toLocaleLowerCase();
  const lines = app.contacts
    .filter((one) => one.name.toLocaleLowerCase().includes(words))
    .flatMap(({ id, name, company, numbers }) =>
      numbers.map(({ key, display, label }) => ({
        contact: id,
        name,
        company,
        key,
        number: display,
        label,
      })),
    );
  const country = kind === "mobile" ? "RU" : null;
  const contacts = owner ? [{ id: owner.id, name: owner.name }] : [];
  const read = number !== "" && !/\p{L}/u.test(text);
  return { number: read ? { key, text, kind, country, contacts } : null, lines };
}

/** The answer, or `undefined` for what is not of this room. */
export function dial(app: Backend, command: string, args: Args): unknown {
  switch (command) {
    case "dial.offer":
      return app.dial;
    case "dial.find":
      return toDial(app, args.text);
    case "dial.accept":
      if (!app.dial || args.number !== app.dial.number) throw missing;
      app.dial = null;
      return { request: "01R0000000000000000000000A" };
    case "dial.decline":
      if (app.dial?.question === args.question) app.dial = null;
      return null;
    default:
      return undefined;
  }
}
