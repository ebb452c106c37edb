/** The addresses of «Настройки»: a section each. */
import { member, type Address } from "../../lib/address";

export const SECTIONS = [
  "connection",
  "address",
  "me",
  "pbx",
  "notifications",
  "recordings",
  "general",
  "updates",
  "check",
] as const;
export type Section = (typeof SECTIONS)[number];

export const heads = ["settings"];
/** `at`: the name of a setting to point at. */
export const read = ({ tail, values }: Address): { section: Section; at?: string } => ({
  section: member(SECTIONS, tail) ?? "connection",
  at: values.get("at") ?? undefined,
});

export const settingsLink = (section: Section = "connection", at?: string) =>
  `#/settings/${section}${at ? `?at=${encodeURIComponent(at)}` : ""}`;
