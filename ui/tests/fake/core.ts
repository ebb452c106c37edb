/** Stands in for @tauri-apps/api/core. */
import { backend } from "./backend";

export function invoke<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  return backend.invoke(command, args) as Promise<T>;
}
