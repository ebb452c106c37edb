/**
 * Everything the window asks of the app and hears from it: one function per command of `src-tauri/src/ipc.rs`.
 * No other module of the window imports @tauri-apps.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow } from "@tauri-apps/api/window";
import type { Abonent } from "./bindings/Abonent";
import type { AbonentRow } from "./bindings/AbonentRow";
import type { AbonentsDiff } from "./bindings/AbonentsDiff";
import type { AppState } from "./bindings/AppState";
import type { AuditPage } from "./bindings/AuditPage";
import type { CallsFilter } from "./bindings/CallsFilter";
import type { CallsPage } from "./bindings/CallsPage";
import type { CallView } from "./bindings/CallView";
import type { Changed } from "./bindings/Changed";
import type { CheckLine } from "./bindings/CheckLine";
import type { ContactDraft } from "./bindings/ContactDraft";
import type { ContactRow } from "./bindings/ContactRow";
import type { ContactView } from "./bindings/ContactView";
import type { DialOffer } from "./bindings/DialOffer";
import type { DocumentView } from "./bindings/DocumentView";
import type { EventRow } from "./bindings/EventRow";
import type { EventsPage } from "./bindings/EventsPage";
import type { ExchangesPage } from "./bindings/ExchangesPage";
import type { Failure } from "./bindings/Failure";
import type { Invitation } from "./bindings/Invitation";
import type { JoinCode } from "./bindings/JoinCode";
import type { JoinCodeRow } from "./bindings/JoinCodeRow";
import type { JoinOffer } from "./bindings/JoinOffer";
import type { JournalFilter } from "./bindings/JournalFilter";
import type { NotificationRow } from "./bindings/NotificationRow";
import type { PbxSettings } from "./bindings/PbxSettings";
import type { Placed } from "./bindings/Placed";
import type { Replay } from "./bindings/Replay";
import type { Settings } from "./bindings/Settings";
import type { SubscriptionsView } from "./bindings/SubscriptionsView";
import type { UserRow } from "./bindings/UserRow";
import type { Welcome } from "./bindings/Welcome";

export const ipc = {
  state: () => invoke<AppState>("state"),
  calls: (filter: CallsFilter, cursor: string | null, limit: number) =>
    invoke<CallsPage>("calls", { filter, cursor, limit }),
  call: (id: string) => invoke<CallView>("call", { id }),
  callBack: (number: string) => invoke<Placed>("call_back", { number }),
  /** What a link asks to dial; dials nothing. */
  dialOffer: () => invoke<DialOffer | null>("dial_offer"),
  /** `number` as it was offered. */
  dialAccept: (number: string) => invoke<Placed>("dial_accept", { number }),
  dialDecline: () => invoke<void>("dial_decline"),
  contacts: (query: string, offset: number, limit: number) =>
    invoke<ContactRow[]>("contacts", { query, offset, limit }),
  contact: (id: number) => invoke<ContactView>("contact", { id }),
  saveContact: (draft: ContactDraft) => invoke<number>("save_contact", { draft }),
  attachNumber: (id: number, number: string, label: string) =>
    invoke<void>("attach_number", { id, number, label }),
  deleteContact: (id: number) => invoke<void>("delete_contact", { id }),
  document: (id: number) => invoke<DocumentView>("document", { id }),
  saveNote: (id: number, note: string) => invoke<void>("save_note", { id, note }),
  notifications: (before: number | null, limit: number) =>
    invoke<NotificationRow[]>("notifications", { before, limit }),
  /** `null` marks all. */
  notificationSeen: (id: number | null) => invoke<void>("notification_seen", { id }),
  /** Saves nothing. */
  checkToken: (token: string) => invoke<Abonent[]>("check_token", { token }),
  saveToken: (token: string, insecure: boolean) => invoke<void>("save_token", { token, insecure }),
  abonents: () => invoke<Abonent[]>("abonents"),
  chooseMe: (abonent: string) => invoke<void>("choose_me", { abonent }),
  /** An empty `url` goes back to the relay inside the app. */
  join: (url: string, key: string, insecure: boolean) => invoke<void>("join", { url, key, insecure }),
  /** What was typed, the code may be a whole link; an empty code asks for what a link has brought. Sends nothing. */
  joinOffer: (relay: string, code: string) => invoke<JoinOffer | null>("join_offer", { relay, code }),
  joinAccept: (relay: string, inTheClear: boolean, insecure: boolean) =>
    invoke<Welcome>("join_accept", { relay, inTheClear, insecure }),
  joinDecline: () => invoke<void>("join_decline"),
  saveSettings: (settings: Settings) => invoke<void>("save_settings", { settings }),
  check: () => invoke<CheckLine[]>("check"),
  finishWizard: () => invoke<void>("finish_wizard"),
  /** Where a click wanted to lead before the window listened. */
  takeRoute: () => invoke<string | null>("take_route"),

  company: () => invoke<AbonentRow[]>("company"),
  /** Stores nothing. */
  previewAbonents: () => invoke<AbonentsDiff>("preview_abonents"),
  fillAbonents: () => invoke<void>("fill_abonents"),
  /** Answers `on` or `off`, as the PBX says after it. */
  switchRecording: (abonent: string, on: boolean) => invoke<string>("switch_recording", { abonent, on }),
  switchSubscription: (abonent: string, on: boolean) => invoke<void>("switch_subscription", { abonent, on }),
  subscriptions: () => invoke<SubscriptionsView>("subscriptions"),
  renewSubscriptions: () => invoke<void>("renew_subscriptions"),
  events: (filter: JournalFilter, cursor: string | null, limit: number) =>
    invoke<EventsPage>("events", { filter, cursor, limit }),
  event: (seq: number) => invoke<EventRow>("event", { seq }),
  replayEvent: (seq: number) => invoke<Replay>("replay_event", { seq }),
  /** Answers the file's path. */
  exportEvents: (filter: JournalFilter) => invoke<string>("export_events", { filter }),
  exchanges: (filter: JournalFilter, cursor: string | null, limit: number) =>
    invoke<ExchangesPage>("exchanges", { filter, cursor, limit }),
  users: () => invoke<UserRow[]>("users"),
  revokeUser: (id: string) => invoke<void>("revoke_user", { id }),
  joinCodes: () => invoke<JoinCodeRow[]>("join_codes"),
  makeJoinCode: (invitation: Invitation) => invoke<JoinCode>("make_join_code", { invitation }),
  withdrawJoinCode: (id: string) => invoke<void>("withdraw_join_code", { id }),
  /** An empty `what` for everything. */
  audit: (what: string, cursor: string | null, limit: number) =>
    invoke<AuditPage>("audit", { what, cursor, limit }),
  pbxSettings: () => invoke<PbxSettings>("pbx_settings"),
  savePbxSettings: (change: Record<string, unknown>) => invoke<void>("save_pbx_settings", { change }),
  recordingAudio: (id: string) => invoke<ArrayBuffer>("recording_audio", { id }),
};

/** The app says what is worth reading again. */
export const onChanged = (heard: (changed: Changed) => void) =>
  listen<Changed>("changed", (event) => heard(event.payload));

/** The app asks the window to show a record, after a click on a toast; also one from before the window could hear it. */
export async function onNavigate(heard: (route: string) => void): Promise<() => void> {
  const stop = await listen<string>("navigate", (event) => {
    heard(event.payload);
    void ipc.takeRoute();
  });
  const waiting = await ipc.takeRoute();
  if (waiting !== null) heard(waiting);
  return stop;
}

export function setTitle(title: string): void {
  document.title = title;
  // The title is a courtesy: a window that refuses it still works.
  getCurrentWindow()
    .setTitle(title)
    .catch(() => undefined);
}

/**
 * Asks before the window closes; an answer of `false` keeps it open. Answers how to stop. From then on the page closes
 * the window, so this is only for as long as there is something to lose.
 */
export const onCloseWanted = (ask: () => Promise<boolean>) =>
  getCurrentWindow().onCloseRequested(async (event) => {
    if (!(await ask())) event.preventDefault();
  });

/** What a rejected command carries. Tauri itself rejects with a string (an argument it could not read, no permission). */
export function asFailure(reason: unknown): Failure {
  if (typeof reason === "object" && reason !== null && "code" in reason && typeof reason.code === "string") {
    const detail = "detail" in reason && typeof reason.detail === "string" ? reason.detail : null;
    return { code: reason.code, detail };
  }
  return { code: "unexpected", detail: reason instanceof Error ? reason.message : String(reason) };
}
