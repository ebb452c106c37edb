/** Stands in for @tauri-apps/api/window. */
import { backend, type CloseEvent } from "./backend";

export const getCurrentWindow = () => ({
  setTitle: (title: string) => {
    backend.title = title;
    return Promise.resolve();
  },
  destroy: () => {
    backend.destroyed++;
    return Promise.resolve();
  },
  setSize: (size: LogicalSize) => {
    backend.height = size.height;
    return Promise.resolve();
  },
  onCloseRequested: (heard: (event: CloseEvent) => Promise<void>) => {
    backend.closing = heard;
    return Promise.resolve(() => {
      if (backend.closing === heard) backend.closing = null;
    });
  },
});

export class LogicalSize {
  constructor(
    readonly width: number,
    readonly height: number,
  ) {}
}
