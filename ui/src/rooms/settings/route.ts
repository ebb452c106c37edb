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
  "check",
] as const;
export type Section = (typeof SECTIONS)[number];

export const heads = ["settings"];
export const read = ({ tail }: Address): { section: Section } => ({
  section: member(SECTIONS, tail) ?? "connection",
});

export const settingsLink = (section: Section = "connection") => `#/settings/${section}`;
