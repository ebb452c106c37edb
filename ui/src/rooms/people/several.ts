/** What can be done with those who have access, or are invited, one or several. */
import type { JoinCodeRow } from "../../lib/bindings/JoinCodeRow";
import type { UserRow } from "../../lib/bindings/UserRow";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { ask } from "../../lib/ipc";
import { copyingTable } from "../../lib/severally";
import type { Chosen } from "../../kit/chosen.svelte";
import type { Offer } from "../../kit/offer";

/** A line of the page: somebody with a key, somebody invited, or a text between them. */
export type Line = { user: UserRow } | { code: JoinCodeRow } | { head: string } | { none: string };

export function keyOfLine(line: Line): string {
  if ("user" in line) return `user ${line.user.id}`;
  if ("code" in line) return `code ${line.code.id}`;
  return "head" in line ? `head ${line.head}` : `none ${line.none}`;
}

export const isPerson = (line: Line) => "user" in line || "code" in line;
const hasKey = (line: Line) => "user" in line && line.user.revokedAt === null;

type Deeds = {
  /** A line as it is copied: the name, the role, how the access stands. */
  cellsOf: (line: Line) => string[];
  revoke: () => void;
  withdraw: () => void;
};

export function personOffers(lines: Line[], t: Dictionary, deeds: Deeds): Offer[] {
  const { people: words } = t;
  const offers: Offer[] = [
    copyingTable(
      [words.name, words.role, words.access],
      () => lines.filter(isPerson).map(deeds.cellsOf),
      "Ctrl+C",
    ),
  ];
  const revokes = lines.some(hasKey);
  if (revokes)
    offers.push({
      id: "revoke",
      word: words.revoke,
      icon: "key",
      keys: "Delete",
      danger: true,
      run: deeds.revoke,
    });
  if (lines.some((line) => "code" in line))
    offers.push({
      id: "withdraw",
      word: lines.length > 1 ? words.withdrawAll : words.withdraw,
      icon: "link",
      // One key does one thing.
      ...(revokes ? {} : { keys: "Delete" }),
      danger: true,
      run: deeds.withdraw,
    });
  return offers;
}

export const activeOf = (lines: Line[]): UserRow[] =>
  lines.flatMap((line) => ("user" in line && line.user.revokedAt === null ? [line.user] : []));

/** A key cannot be given back. */
export const revokeAll = (chosen: Chosen<Line>, t: Dictionary): Promise<void> =>
  chosen.each(
    async (line) => {
      if (!("user" in line) || line.user.revokedAt !== null) return null;
      await ask("people.revoke", { id: line.user.id });
      return true;
    },
    (n) => t.people.revokedAll(n),
  );

export const withdrawAll = (chosen: Chosen<Line>, t: Dictionary): Promise<void> =>
  chosen.each(
    async (line) => {
      if (!("code" in line)) return null;
      await ask("people.withdraw", { id: line.code.id });
      return true;
    },
    (n) => t.people.withdrawnAll(n),
  );
