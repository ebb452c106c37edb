/** Where the window is: hash routes, the same words as in `NotificationRow.route` (`contact/12`, `document/3`). */

export const SECTIONS = ["connection", "address", "me", "pbx", "notifications", "general", "check"] as const;
export type Section = (typeof SECTIONS)[number];

/** Screens for administrators only. */
export const ADMIN_SCREENS = ["abonents", "subscriptions", "journal", "people"] as const;
export type AdminScreen = (typeof ADMIN_SCREENS)[number];

export const CALL_KINDS = ["all", "incoming", "outgoing", "missed", "to_call_back", "unregistered"] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export type Route =
  | { screen: "calls"; kind: CallKind | null; call: string | null }
  | { screen: "contacts"; contact: number | null; create: { number: string; name: string } | null }
  | { screen: "document"; document: number }
  | { screen: "notifications" }
  | { screen: "abonents" }
  | { screen: "subscriptions" }
  | { screen: "journal"; tab: "events" | "requests"; event: number | null }
  | { screen: "people"; tab: "users" | "audit" }
  | { screen: "join" }
  | { screen: "settings"; section: Section };

const CALLS = { screen: "calls", kind: null, call: null } as const;

function member<T extends string>(list: readonly T[], word: string | undefined): T | null {
  return list.find((entry) => entry === word) ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads a route with or without `#/` in front; what it does not know leads to the calls. */
export function parseRoute(text: string): Route {
  const [path = "", query = ""] = text.replace(/^#?\/?/, "").split("?");
  const [head, tail] = path.split("/").map(decoded);
  const id = Number(tail);
  const whole = tail !== undefined && Number.isInteger(id) && id > 0;
  const values = new URLSearchParams(query);
  switch (head) {
    case "calls":
      return { ...CALLS, kind: member(CALL_KINDS, tail) };
    case "call":
      return { ...CALLS, call: tail || null };
    case "contacts":
      return { screen: "contacts", contact: null, create: null };
    case "contact":
      if (tail === "new") {
        const create = { number: values.get("number") ?? "", name: values.get("name") ?? "" };
        return { screen: "contacts", contact: null, create };
      }
      return { screen: "contacts", contact: whole ? id : null, create: null };
    case "document":
      return whole ? { screen: "document", document: id } : CALLS;
    case "notifications":
      return { screen: "notifications" };
    case "abonents":
      return { screen: "abonents" };
    case "subscriptions":
      return { screen: "subscriptions" };
    case "events":
    case "requests":
      return { screen: "journal", tab: head, event: null };
    case "event":
      return { screen: "journal", tab: "events", event: whole ? id : null };
    case "join":
      return { screen: "join" };
    case "users":
    case "audit":
      return { screen: "people", tab: head };
    case "settings":
      return { screen: "settings", section: member(SECTIONS, tail) ?? "connection" };
    default:
      return CALLS;
  }
}

export const links = {
  calls: (kind: CallKind | null = null) => (kind ? `#/calls/${kind}` : "#/calls"),
  call: (id: string) => `#/call/${encodeURIComponent(id)}`,
  contacts: () => "#/contacts",
  contact: (id: number) => `#/contact/${id}`,
  newContact: (number = "", name = "") => {
    const values = new URLSearchParams();
    if (number) values.set("number", number);
    if (name) values.set("name", name);
    return `#/contact/new${values.size ? `?${values}` : ""}`;
  },
  document: (id: number) => `#/document/${id}`,
  notifications: () => "#/notifications",
  abonents: () => "#/abonents",
  subscriptions: () => "#/subscriptions",
  journal: (tab: "events" | "requests" = "events") => `#/${tab}`,
  event: (seq: number) => `#/event/${seq}`,
  people: (tab: "users" | "audit" = "users") => `#/${tab}`,
  settings: (section: Section = "connection") => `#/settings/${section}`,
};

/** Asked before the window leaves a place; an answer of `false` keeps it there. */
export type Guard = () => Promise<boolean>;

class Router {
  route = $state.raw<Route>(parseRoute(window.location.hash));
  #hash = window.location.hash;
  #guard: Guard | null = null;
  #asking = false;

  /** Follows the address bar; answers how to stop. */
  start(): () => void {
    const heard = () => void this.#arrive();
    window.addEventListener("hashchange", heard);
    this.#hash = window.location.hash;
    this.route = parseRoute(this.#hash);
    return () => window.removeEventListener("hashchange", heard);
  }

  /** Guards the present place; answers how to lift the guard. */
  guard(guard: Guard): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = null;
    };
  }

  go(route: string, replace = false): void {
    const hash = `#/${route.replace(/^#?\/?/, "")}`;
    if (replace) {
      window.history.replaceState(null, "", hash);
      this.#hash = hash;
      this.route = parseRoute(hash);
    } else {
      window.location.hash = hash;
    }
  }

  async #arrive(): Promise<void> {
    const hash = window.location.hash;
    if (hash === this.#hash) return;
    if (this.#guard) {
      window.history.replaceState(null, "", this.#hash || "#/");
      if (this.#asking) return;
      this.#asking = true;
      const leave = await this.#guard().finally(() => (this.#asking = false));
      if (!leave) return;
      this.#guard = null;
      window.history.pushState(null, "", hash);
    }
    this.#hash = hash;
    this.route = parseRoute(hash);
  }
}

export const router = new Router();
