/** Stands in for @tauri-apps/api/window. */
import { backend } from "./backend";

export const getCurrentWindow = () => ({
  setTitle: (title: string) => {
    backend.title = title;
    return Promise.resolve();
  },
});
