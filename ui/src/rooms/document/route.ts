/** The address of one document. */
import { whole, type Address } from "../../lib/address";

export const heads = ["document"];
export function read({ tail }: Address): { document: number } | null {
  const document = whole(tail);
  return document === null ? null : { document };
}

export const documentLink = (id: number) => `#/document/${id}`;
