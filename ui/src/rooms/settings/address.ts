/** Addresses that a person types into the settings. The app checks them again. */

export function isUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text.trim())) return false;
  try {
    return new URL(text.trim()).hostname !== "";
  } catch {
    return false;
  }
}

/** `IP:PORT`, IPv6 in brackets. */
export function isListen(text: string): boolean {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(text.trim());
  if (!match?.[1] || !match[2]) return false;
  const octets = match[1].startsWith("[") ? [] : match[1].split(".").map(Number);
  return octets.every((octet) => octet <= 255) && Number(match[2]) <= 65535;
}

/** The address without its secret, for the screen. */
export function masked(url: string): string {
  return url.replace(/(\/xsi\/)[^/]+/, "$1••••••••");
}
