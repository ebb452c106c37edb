/** The addresses of «Надо перезвонить»: the list, one of its parts, a person of it. */
import type { CallbackKind } from "../../lib/bindings/CallbackKind";
import { member, whole, type Address } from "../../lib/address";

export const KINDS = ["waiting", "later", "handled"] as const satisfies CallbackKind[];
export type { CallbackKind };

export const heads = ["queue"];
export function read({ tail }: Address): { kind: CallbackKind | null; person: number | null } {
  const kind = member(KINDS, tail);
  return { kind, person: kind ? null : whole(tail) };
}

export const queueLink = (kind: CallbackKind | null = null) => (kind ? `#/queue/${kind}` : "#/queue");
export const personLink = (id: number) => `#/queue/${id}`;
