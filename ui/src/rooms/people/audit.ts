/** What a line of the audit is about, in words. The relay tells it as JSON. */
import type { AuditRow } from "../../lib/bindings/AuditRow";
import type { SettingRow } from "../../lib/bindings/SettingRow";
import { moment, type Language } from "../../kit/moment";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import { shownSetting, valueText } from "../settings/pbx";

export type Known = { names: Map<string, string>; settings: SettingRow[] };
type Detail = Record<string, unknown>;

function read(detail: string | null): Detail | null {
  try {
    const value: unknown = JSON.parse(detail ?? "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Detail) : null;
  } catch {
    return null;
  }
}

const text = (value: unknown) => (typeof value === "string" ? value : "");
const count = (value: unknown) => (Array.isArray(value) ? value.length : Number(value) || 0);

/** Empty where the kind says all. What this version does not know is shown as it came. */
export function aboutOf(row: AuditRow, known: Known, t: Dictionary, language: Language): string {
  const detail = read(row.detail);
  if (!detail) return [row.subject, row.detail].filter(Boolean).join(" · ");
  const words = t.people.about;
  const nameOf = (id: string) => known.names.get(id) ?? id;
  const abonent = nameOf(text(detail.abonent));
  const parts = (...all: string[]) => all.filter(Boolean).join(" · ");
  switch (row.what) {
    case "recording_played":
    case "recording_deleted": {
      const at = moment(text(detail.startedAt), "full");
      return parts(abonent, at && words.callAt(at));
    }
    case "recording_switched": {
      const state = (value: unknown) => t.abonents.recordings[text(value) || "unknown"] ?? text(value);
      const change = [detail.before, detail.after].filter((one) => text(one)).map(state);
      return parts(nameOf(row.subject ?? ""), change.join(" → "));
    }
    case "forwarding_changed": {
      const { on, all, busy, notAnswered, unavailable } = (detail.asked ?? {}) as Detail;
      const numbers = new Set([all, busy, notAnswered, unavailable].map(text).filter(Boolean));
      const change = on === true ? words.forwarded([...numbers].join(", ")) : words.notForwarded;
      return parts(nameOf(row.subject ?? ""), change);
    }
    case "settings_changed":
      if (typeof detail.subscription === "boolean")
        return parts(nameOf(row.subject ?? ""), words.subscription(detail.subscription));
      return Object.entries(detail)
        .map(([key, change]) => settingOf(key, change as Detail | null, known.settings, t, language))
        .join("; ");
    case "user_added":
    case "user_revoked":
    case "join_code_made":
    case "join_code_withdrawn": {
      const [name, role] = [text(detail.name), text(detail.role)];
      return parts(name, t.people.roles[role] ?? role, abonent === name ? "" : abonent);
    }
    case "joined":
      return abonent;
    case "abonents_filled":
      return words.filled(count(detail.new), count(detail.changed), count(detail.gone));
    case "event_replayed":
      return parts(words.event(row.subject ?? ""), words.changed(detail.changed === true));
    case "export_taken":
      return parts(words.events, detail.filtered === true ? words.filtered : "");
    case "retention_ran":
      return words.retention(count(detail.events), count(detail.requests), count(detail.calls));
    default:
      return parts(row.subject ?? "", row.detail ?? "");
  }
}

/** «Ждать ответа коллеги: 30 с → 45 с» */
function settingOf(
  key: string,
  change: Detail | null,
  settings: SettingRow[],
  t: Dictionary,
  language: Language,
): string {
  const setting = settings.find((one) => one.key === key);
  const say = (value: unknown) => {
    if (!setting) return value === null || value === undefined ? t.pbx.unset : JSON.stringify(value);
    return valueText(shownSetting(setting, value), value, t, language);
  };
  return `${setting?.name[language] ?? key}: ${say(change?.from)} → ${say(change?.to)}`;
}
