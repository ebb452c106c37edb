/** An address of the window, taken apart: `#/contact/new?number=…`, the same words as in `NotificationRow.route`. */
export type Address = { head: string; tail: string | undefined; values: URLSearchParams };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads an address with or without `#/` in front. */
export function addressOf(text: string): Address {
  const [path = "", query = ""] = text.replace(/^#?\/?/, "").split("?");
  const [head = "", tail] = path.split("/").map(decoded);
  return { head, tail, values: new URLSearchParams(query) };
}

/** The word, if it is one of the list. */
export function member<T extends string>(list: readonly T[], word: string | undefined): T | null {
  return list.find((entry) => entry === word) ?? null;
}

/** A number of a record. */
export function whole(text: string | undefined): number | null {
  const id = Number(text);
  return text !== undefined && Number.isInteger(id) && id > 0 ? id : null;
}
