/** The addresses of «Документы»: the list, and one of them. */
import { whole, type Address } from "../../lib/address";

export const heads = ["documents", "document"];
export function read({ head, tail }: Address): { document: number | null } | null {
  if (head === "documents") return { document: null };
  const document = whole(tail);
  return document === null ? null : { document };
}

export const documentsLink = () => "#/documents";
export const documentLink = (id: number) => `#/document/${id}`;
