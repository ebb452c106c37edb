/** How the kinds of toasts look, in the list «Уведомления» and where the window draws a toast itself. */
import type { IconName } from "../kit/Icon.svelte";
import type { Tone } from "../kit/tone";
import type { ToastKind } from "./bindings/ToastKind";

export const TOAST_ICONS: Record<ToastKind, IconName> = {
  incoming: "ringing",
  answered_elsewhere: "colleague",
  missed: "missed",
  document: "document",
  recording: "wave",
  progress: "out",
  reminder: "bell",
  digest: "list",
  trouble: "warn",
};
export const TOAST_TONES: Partial<Record<ToastKind, Tone>> = {
  missed: "wait",
  reminder: "wait",
  digest: "wait",
  trouble: "warn",
  incoming: "live",
};
