/** The addresses of «Отчёт»: `#/report/abonents` is the variant of this id. */
import type { Address } from "../../lib/address";

export const heads = ["report"];
export const read = ({ tail }: Address): { variant: string | null } => ({ variant: tail || null });

export const reportLink = (variant: string | null = null) =>
  variant ? `#/report/${encodeURIComponent(variant)}` : "#/report";
