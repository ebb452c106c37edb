/** The addresses of «Контакты»: the list, a card, a new contact with what is known of it. */
import { whole, type Address } from "../../lib/address";

export type ContactPlace = { contact: number | null; create: { number: string; name: string } | null };

export const heads = ["contacts", "contact"];
export function read({ head, tail, values }: Address): ContactPlace {
  if (head === "contact" && tail === "new") {
    const create = { number: values.get("number") ?? "", name: values.get("name") ?? "" };
    return { contact: null, create };
  }
  return { contact: head === "contact" ? whole(tail) : null, create: null };
}

export const contactsLink = () => "#/contacts";
export const contactLink = (id: number) => `#/contact/${id}`;
export function newContactLink(number = "", name = ""): string {
  const values = new URLSearchParams();
  if (number) values.set("number", number);
  if (name) values.set("name", name);
  return `#/contact/new${values.size ? `?${values}` : ""}`;
}
