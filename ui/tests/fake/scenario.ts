import type { AppState } from "../../src/lib/bindings/AppState";
import type { Backend } from "./backend";
import * as data from "./data";

/** Scenarios for a look in a browser. */
export function setScenario(backend: Backend, name: string): void {
  const service = (over: Partial<AppState["service"]>) =>
    (backend.state = { ...backend.state, service: { ...backend.state.service, ...over } });
  if (name === "empty") {
    backend.calls = [];
    backend.contacts = [];
    backend.notifications = [];
    backend.recordings.rows = [];
    backend.reports.empty = true;
    backend.state = { ...backend.state, toCallBack: 0, unseen: 0 };
    service({ lastEventAt: null });
  } else if (name === "silent") {
    // No sound device, and nothing can be fetched.
    backend.recordings.view.trouble = "sound_device_none";
    backend.recordings.trouble = "disk_full";
  } else if (name === "many") {
    backend.calls = data.many(10_000);
  } else if (name === "company") {
    backend.companyCalls = { wanted: true, whole: true, percent: 100, trouble: null };
  } else if (name === "loading") {
    backend.silent = new Set([
      "calls.list",
      "recordings.list",
      "contacts.list",
      "notices.list",
      "report.make",
      "calls.one",
      "contacts.one",
      "document.one",
      "document.list",
      "connection.abonents",
      "company.list",
      "subscriptions.list",
      "journal.events",
      "people.users",
      "audit.list",
      "pbx.read",
      "company.preview",
      "forwarding.read",
    ]);
  } else if (name === "error") {
    const relay = [
      "company.list",
      "subscriptions.list",
      "journal.events",
      "journal.exchanges",
      "people.users",
      "people.codes",
      "audit.list",
      "pbx.read",
    ];
    for (const one of [
      "calls.list",
      "recordings.list",
      "contacts.list",
      "notices.list",
      "report.make",
      "document.one",
      "document.list",
      "connection.abonents",
      "connection.check",
      ...relay,
    ])
      backend.fails[one] = { code: "storage", detail: "database is locked" };
    service({ level: "off", trouble: "token_refused" });
  } else if (name === "trouble") {
    service({ level: "degraded", trouble: "no_public_url", subscriptionUntil: null, lastEventAt: null });
  } else if (name === "polling") {
    service({
      level: "degraded",
      trouble: "polling",
      mode: "polling",
      subscriptionUntil: null,
      lastEventAt: null,
    });
  } else if (name === "user") {
    service({ admin: false, embedded: false, relayUrl: "https://relay.example", recordsAt: null });
  } else if (name === "managed") {
    service({ admin: false, embedded: false, relayUrl: "https://relay.example", recordsAt: null });
    backend.state = { ...backend.state, fixed: ["relay", "language", "autostart", "missed", "documents"] };
  } else if (name.startsWith("wayland")) {
    // By the desktop's portal, and without one.
    const given = { state: "on", given: "Super+F9" } as const;
    const none = { state: "not_here", given: "" } as const;
    const one = name === "wayland" ? given : none;
    backend.state = { ...backend.state, keys: { dial: one, popup: one, wayland: true } };
  } else if (name.startsWith("update")) {
    backend.state = { ...backend.state, ...data.updates[name] };
  } else if (name === "example") {
    backend.state = { ...backend.state, example: true };
  } else if (name === "forwarded") {
    backend.forwardedLast = { ...data.nowhere, all: data.shownNumber(77) };
    backend.forwarding = { on: true, ...backend.forwardedLast };
    backend.state = { ...backend.state, forwarding: backend.forwarding };
  } else if (name === "forwarded-some") {
    backend.forwarding = {
      on: true,
      all: null,
      busy: "102",
      notAnswered: data.shownNumber(77),
      unavailable: data.shownNumber(77),
      rings: 6,
    };
    backend.state = { ...backend.state, forwarding: backend.forwarding };
  } else if (name === "dead") {
    backend.fails["frame.state"] = { code: "storage", detail: "disk I/O error" };
  } else if (name.startsWith("dial")) {
    backend.dial = data.dials[name] ?? null;
    backend.route = "dial";
  } else if (name === "wizard") {
    backend.state = { ...backend.state, wizard: true, me: null };
    backend.state.settings.publicUrl = "";
    service({ token: false, secrets: "none", callbackUrl: null, subscriptionUntil: null, lastEventAt: null });
  }
}
