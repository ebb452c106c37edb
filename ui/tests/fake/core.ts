/** Stands in for @tauri-apps/api/core. */
import { backend } from "./backend";

export function invoke<T>(
  command: string,
  args: { name: string; body: Record<string, unknown> },
): Promise<T> {
  if (command !== "ask") throw new Error(`no such command: ${command}`);
  return backend.invoke(args.name, args.body) as Promise<T>;
}
