/** What can be done with an abonent, and with several. */
import type { AbonentRow } from "../../lib/bindings/AbonentRow";
import { copying } from "../../lib/clipboard";
import { nameOf } from "../../lib/company";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { copyingNumbers, copyingTable } from "../../lib/severally";
import type { Chosen } from "../../kit/chosen.svelte";
import type { Offer } from "../../kit/offer";

export type Switched = "recording" | "subscription";
/** How a switch of an abonent stands: `null` where that is not known, `undefined` where there is no such switch. */
export type Stands = (what: Switched, abonent: AbonentRow) => boolean | null | undefined;
/** These are to be switched: the question is open. */
export type Switching = {
  what: Switched;
  on: boolean;
  abonents: AbonentRow[];
  /** They are those of the chosen ones that stand otherwise. */
  all: boolean;
};

const SWITCHES = ["recording", "subscription"] as const;
const KEYS = { recording: "R", subscription: "S" } as const;

const numberOf = (abonent: AbonentRow) => abonent.phone || abonent.extension;

function wordOf(what: Switched, on: boolean, { abonents: words }: Dictionary): string {
  if (what === "recording") return on ? words.turnOn : words.turnOff;
  return on ? words.subscribe : words.unsubscribe;
}

function saidOf(what: Switched, on: boolean, { abonents: words }: Dictionary): (n: number) => string {
  if (what === "recording") return on ? words.turnedOn : words.turnedOff;
  return on ? words.subscribedAll : words.unsubscribedAll;
}

export function abonentOffers(
  abonent: AbonentRow,
  stands: Stands,
  t: Dictionary,
  wish: (switching: Switching) => void,
): Offer[] {
  const offers: Offer[] = SWITCHES.flatMap((what) => {
    const on = stands(what, abonent);
    if (on === undefined) return [];
    return {
      id: what,
      word: `${wordOf(what, on !== true, t)}…`,
      icon: what === "recording" ? "wave" : "renew",
      keys: KEYS[what],
      run: () => wish({ what, on: on !== true, abonents: [abonent], all: false }),
    };
  });
  const number = numberOf(abonent);
  return number ? [...offers, copying(number)] : offers;
}

export function abonentDeeds(
  abonents: AbonentRow[],
  stands: Stands,
  t: Dictionary,
  wish: (switching: Switching) => void,
): Offer[] {
  const offers: Offer[] = SWITCHES.flatMap((what) =>
    [true, false].flatMap((on) => {
      const others = abonents.filter((one) => {
        const now = stands(what, one);
        return now !== undefined && now !== on;
      });
      if (!others.length) return [];
      return {
        id: `${what}-${on ? "on" : "off"}`,
        word: `${wordOf(what, on, t)}…`,
        icon: what === "recording" ? "wave" : "renew",
        danger: !on,
        run: () => wish({ what, on, abonents: others, all: true }),
      };
    }),
  );
  const { fields } = t.abonents.preview;
  return [
    ...offers,
    copyingNumbers(() => abonents.map(numberOf)),
    copyingTable([t.people.name, fields.phone, fields.extension, fields.department, fields.email], () =>
      abonents.map((one) => [
        nameOf(one),
        one.phone ?? "",
        one.extension ?? "",
        one.department ?? "",
        one.email ?? "",
      ]),
    ),
  ];
}

/** The PBX is asked; whether it followed is its answer. */
export async function switchOne(what: Switched, abonent: string, on: boolean): Promise<string> {
  if (what === "subscription") {
    await ask("subscriptions.switch", { abonent, on });
    return on ? "on" : "off";
  }
  return ask("company.switch_recording", { abonent, on });
}

/** One abonent after another; `then` hears after each that something is otherwise now. */
export function switchAll(
  chosen: Chosen<AbonentRow>,
  { what, on }: Switching,
  stands: Stands,
  then: () => void,
  t: Dictionary,
): Promise<void> {
  const move = async (abonent: string, to: boolean) => {
    const told = await switchOne(what, abonent, to);
    then();
    if ((told === "on") !== to) throw { code: "recording_not_switched", detail: null };
  };
  return chosen.each(
    async (abonent) => {
      const before = stands(what, abonent);
      if (before === undefined || before === on) return null;
      await move(abonent.id, on);
      // What was not known cannot be brought back.
      return before === null ? true : () => move(abonent.id, before);
    },
    (n) => saidOf(what, on, t)(n),
  );
}
