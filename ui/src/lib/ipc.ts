/**
 * Everything the window asks of the app and hears from it. No other module of the window imports @tauri-apps.
 */
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow, LogicalSize } from "@tauri-apps/api/window";
import type { Contract } from "../contract";
import type { Changed } from "./bindings/Changed";
import type { Failure } from "./bindings/Failure";
import type { FailureCode } from "./bindings/FailureCode";
import type { Loadings } from "./bindings/Loadings";
import type { PlayerView } from "./bindings/PlayerView";

/** The arguments of a command; none where it has none. */
type Body<Name extends keyof Contract> = Contract[Name][0] extends null ? [] : [body: Contract[Name][0]];

/** Asks the app: `ask("calls.one", { id })`. The contract is declared in `src-tauri/src/room`. */
export const ask = <Name extends keyof Contract>(
  name: Name,
  ...body: Body<Name>
): Promise<Contract[Name][1]> => invoke("ask", { name, body: body[0] ?? {} });

/** How often one question is asked. */
const TIMES = 5;

/**
 * Asks again, a few times, where another question of the same view ended this one though it is `wanted` still: the app
 * takes them in the order in which they reach its storage, which is not always that in which they were asked.
 */
export async function askAgain<T>(
  question: () => Promise<T>,
  wanted: () => boolean = () => true,
  times = TIMES,
): Promise<T> {
  try {
    return await question();
  } catch (reason) {
    if (times <= 1 || asFailure(reason).code !== "overtaken" || !wanted()) throw reason;
    return askAgain(question, wanted, times - 1);
  }
}

/** The app says what is worth reading again. */
export const onChanged = (heard: (changed: Changed) => void) =>
  listen<Changed>("changed", (event) => heard(event.payload));

/** What is listened to, at most ten times a second. */
export const onPlayer = (heard: (view: PlayerView) => void) =>
  listen<PlayerView>("player", (event) => heard(event.payload));

/** What is being fetched. */
export const onLoading = (heard: (loadings: Loadings) => void) =>
  listen<Loadings>("loading", (event) => heard(event.payload));

/** The app asks the window to show a record, after a click on a toast; also one from before the window could hear it. */
export async function onNavigate(heard: (route: string) => void): Promise<() => void> {
  const stop = await listen<string>("navigate", (event) => {
    heard(event.payload);
    void ask("frame.take_route");
  });
  const waiting = await ask("frame.take_route");
  if (waiting !== null) heard(waiting);
  return stop;
}

/** The panel is asked for again, perhaps with another number. */
export const onPanel = (heard: () => void) => listen("panel", () => heard());

/** The toasts that the window of toasts shows are others. */
export const onToasts = (heard: () => void) => listen("toasts", () => heard());

/** A small window has served. */
export function closeWindow(): void {
  getCurrentWindow()
    .destroy()
    .catch(() => undefined);
}

/** The window becomes as high as what it shows, pixels. */
export function setHeight(height: number): void {
  getCurrentWindow()
    .setSize(new LogicalSize(window.innerWidth, height))
    .catch(() => undefined);
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
    return { code: reason.code as FailureCode, detail };
  }
  return { code: "unexpected", detail: reason instanceof Error ? reason.message : String(reason) };
}
