/**
 * Everything the window asks of the app and hears from it: one function per command of `src-tauri/src/ipc.rs`.
 * No other module of the window imports @tauri-apps.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow } from "@tauri-apps/api/window";
import type { Abonent } from "./bindings/Abonent";
import type { AppState } from "./bindings/AppState";
import type { CallsFilter } from "./bindings/CallsFilter";
import type { CallsPage } from "./bindings/CallsPage";
import type { CallView } from "./bindings/CallView";
import type { Changed } from "./bindings/Changed";
import type { CheckLine } from "./bindings/CheckLine";
import type { ContactDraft } from "./bindings/ContactDraft";
import type { ContactRow } from "./bindings/ContactRow";
import type { ContactView } from "./bindings/ContactView";
import type { DocumentView } from "./bindings/DocumentView";
import type { Failure } from "./bindings/Failure";
import type { NotificationRow } from "./bindings/NotificationRow";
import type { Placed } from "./bindings/Placed";
import type { Settings } from "./bindings/Settings";

export const ipc = {
  state: () => invoke<AppState>("state"),
  calls: (filter: CallsFilter, cursor: string | null, limit: number) =>
    invoke<CallsPage>("calls", { filter, cursor, limit }),
  call: (id: string) => invoke<CallView>("call", { id }),
  callBack: (number: string) => invoke<Placed>("call_back", { number }),
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
  saveSettings: (settings: Settings) => invoke<void>("save_settings", { settings }),
  check: () => invoke<CheckLine[]>("check"),
  finishWizard: () => invoke<void>("finish_wizard"),
  /** Where a click wanted to lead before the window listened. */
  takeRoute: () => invoke<string | null>("take_route"),
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
