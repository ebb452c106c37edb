/** Stands in for @tauri-apps/api/event. */
import { backend } from "./backend";

export function listen<T>(name: string, heard: (event: { payload: T }) => void): Promise<() => void> {
  return Promise.resolve(backend.listen(name, (payload) => heard({ payload: payload as T })));
}
