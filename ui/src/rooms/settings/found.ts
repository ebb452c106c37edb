/** Where each setting is, for the search in «Настройки». */
import type { SettingRow } from "../../lib/bindings/SettingRow";
import type { Dictionary } from "../../lib/i18n/index.svelte";
import type { Language } from "../../kit/moment";
import type { Section } from "./route";

export type Place = {
  section: Section;
  /** The setting's name, where it can be pointed at. */
  at?: string;
  text: string;
  /** What it may also be sought by. */
  more?: string;
};

/** Everything that can be set, section by section. `schema`: the relay's own settings. */
export function places(t: Dictionary, schema: SettingRow[], language: Language): Place[] {
  const s = t.switches;
  const of = (section: Section, ...all: Omit<Place, "section">[]): Place[] => [
    { section, text: t.settings.sections[section] },
    ...all.map((one) => ({ section, ...one })),
  ];
  return [
    ...of(
      "connection",
      { text: t.connection.how, more: `${t.connection.embedded} ${t.connection.remote}` },
      { text: t.connection.token, more: t.connection.tokenHint },
      { text: t.connection.url },
      { text: t.join.mode, more: t.join.code },
    ),
    ...of(
      "address",
      { text: t.address.publicUrl, at: "publicUrl" },
      { text: t.address.listen, at: "listen" },
    ),
    ...of("me"),
    ...(schema.length ? of("pbx") : []),
    ...schema.map((one) => ({
      section: "pbx" as const,
      at: one.key,
      text: one.name[language],
      more: one.meaning[language],
    })),
    ...of(
      "notifications",
      ...(["incoming", "answeredElsewhere", "missed", "internal", "progress", "digest"] as const).map(
        (at) => ({
          at,
          text: s[at],
          more: s.toasts,
        }),
      ),
      { at: "quiet", text: t.quiet.title, more: t.quiet.on },
      { at: "popup", text: t.popup.title, more: Object.values(t.popup.whens).join(" ") },
      { at: "popupScreen", text: t.popup.screen, more: Object.values(t.popup.screens).join(" ") },
      { at: "popupKey", text: t.popup.key },
      { at: "afterCall", text: s.afterCall, more: t.written.after },
      { at: "outcomes", text: s.outcomes },
      { at: "documents", text: s.scope, more: s.documents },
      { at: "documentToast", text: s.documentToast },
    ),
    ...of(
      "recordings",
      { text: t.kept.own, more: t.kept.ownHint },
      { text: t.kept.days, more: t.kept.daysHint },
      { text: t.kept.megabytes, more: t.kept.megabytesHint },
      { text: t.kept.metered },
      { text: t.kept.toast },
    ),
    ...of(
      "general",
      { at: "language", text: t.general.language },
      { at: "theme", text: t.general.theme, more: Object.values(t.general.themes).join(" ") },
      { at: "autostart", text: t.general.autostart },
      { at: "linksDial", text: t.general.linksDial, more: t.general.linksDialHint },
      { at: "offerCopied", text: t.general.offerCopied, more: t.general.offerCopiedHint },
      { at: "dialKey", text: t.hotkeys.dial, more: t.hotkeys.dialHint },
      { at: "contactFiles", text: t.watched.title, more: t.watched.hint },
      { at: "graceS", text: t.general.grace, more: t.general.graceHint },
      { at: "settingsFile", text: t.settingsFile.title, more: t.settingsFile.hint },
    ),
    ...of("check"),
  ];
}

const folded = (text: string) => text.toLocaleLowerCase().replaceAll("ё", "е");

/** Those that have every word of the query, whatever their order; what names itself so comes first. */
export function found(all: Place[], query: string): Place[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const has = (text: string) => words.every((word) => folded(text).includes(word));
  const named = all.filter((one) => has(one.text));
  return [...named, ...all.filter((one) => !named.includes(one) && has(`${one.text} ${one.more ?? ""}`))];
}
