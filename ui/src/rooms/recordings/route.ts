/** The addresses of «Записи». */
import { whole, type Address } from "../../lib/address";

export const heads = ["recordings", "recording"];
export const read = ({ head, tail }: Address): { recording: number | null } => ({
  recording: head === "recording" ? whole(tail) : null,
});

export const recordingsLink = () => "#/recordings";
export const recordingLink = (id: number) => `#/recording/${id}`;
