/** Stands in for @tauri-apps/api/window. */
import { backend, type CloseEvent } from "./backend";

export const getCurrentWindow = () => ({
  setTitle: (title: string) => {
    backend.title = title;
    return Promise.resolve();
  },
  onCloseRequested: (heard: (event: CloseEvent) => Promise<void>) => {
    backend.closing = heard;
    return Promise.resolve(() => {
      if (backend.closing === heard) backend.closing = null;
    });
  },
});
