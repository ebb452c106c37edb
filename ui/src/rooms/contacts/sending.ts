/** The bytes of a file on their way to the app. */
import { ask } from "../../lib/ipc";

/** Bytes of one piece: a multiple of three, so that pieces end where base64 does. */
const PIECE = 3 * 128 * 1024;
/** Bytes that fit into the arguments of one call. */
const CALL = 3 * 4096;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CALL)
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + CALL)));
  return text;
}

/** Sends a file; `wanted` ends it where nobody waits any more. */
export async function send(file: File, wanted: () => boolean): Promise<void> {
  await ask("import.begin", { name: file.name, size: file.size });
  for (let at = 0; at < file.size && wanted(); at += PIECE) {
    const piece = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    await ask("import.piece", { data: base64(piece) });
  }
}
