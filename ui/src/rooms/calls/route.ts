/** The addresses of «Звонки». */
import type { CallKind } from "../../lib/bindings/CallKind";
import { member, type Address } from "../../lib/address";

export const CALL_KINDS = [
  "all",
  "to_call_back",
  "incoming",
  "outgoing",
  "missed",
  "unregistered",
] as const satisfies CallKind[];
export type { CallKind };

export const heads = ["calls", "call"];
export const read = ({ head, tail }: Address): { kind: CallKind | null; call: string | null } =>
  head === "call" ? { kind: null, call: tail || null } : { kind: member(CALL_KINDS, tail), call: null };

export const callsLink = (kind: CallKind | null = null) => (kind ? `#/calls/${kind}` : "#/calls");
export const callLink = (id: string) => `#/call/${encodeURIComponent(id)}`;
