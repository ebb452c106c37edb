/** The addresses of «Журнал». */
import type { CallMark } from "../../lib/bindings/CallMark";
import { member, type Address } from "../../lib/address";
import { MARKS } from "./columns";

export const heads = ["calls", "call"];
type Asked = { mark: CallMark | null; call: string | null; abonent: string | null };
export const read = ({ head, tail, values }: Address): Asked =>
  head === "call"
    ? { mark: null, call: tail || null, abonent: values.get("abonent") }
    : { mark: member(MARKS, tail), call: null, abonent: null };

export const callsLink = (mark: CallMark | null = null) => (mark ? `#/calls/${mark}` : "#/calls");
/** A call as an abonent of the company had it, or the user. */
export const callLink = (id: string, abonent: string | null = null) =>
  `#/call/${encodeURIComponent(id)}${abonent === null ? "" : `?abonent=${encodeURIComponent(abonent)}`}`;
