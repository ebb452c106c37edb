import { expect, test } from "vitest";
import { differences, left, nameOf, subscribedBy } from "../src/lib/company";
import { differences as callDifferences, indented } from "../src/rooms/journal/event";
import { dictionaries } from "../src/rooms";
import {
  boundsText,
  entryOf,
  isSetHere,
  placeOf,
  problemOf,
  shownSetting,
  valueOf,
  valueText,
} from "../src/rooms/settings/pbx";
import { Company, RAW, rows } from "./fake/company";

const t = dictionaries.ru;
const [first, second] = rows() as [ReturnType<typeof rows>[0], ReturnType<typeof rows>[0]];

test("numbers and names of abonents are readable, whatever is missing", () => {
  expect(nameOf(first)).toBe("Иванов Пётр");
  expect(nameOf({ ...first, lastName: null, firstName: null })).toBe("+7 (900) 000-00-01");
  expect(nameOf({ ...first, lastName: null, firstName: null, phone: null })).toBe(first.id);
});

test("the preview tells field by field what was and what becomes", () => {
  const after = { ...first, extension: "201", department: null, phone: "+7 (900) 000-00-91" };
  expect(differences({ before: first, after })).toEqual([
    { field: "phone", was: "+7 (900) 000-00-01", became: "+7 (900) 000-00-91" },
    { field: "extension", was: "101", became: "201" },
    { field: "department", was: "Отдел продаж", became: "" },
  ]);
  expect(differences({ before: first, after: { ...first, recording: "off" } })).toEqual([]);
});

test("a common subscription and single ones are told apart", () => {
  const { subscriptions } = new Company();
  expect(subscribedBy(subscriptions, first.id)).toMatchObject({ common: true, own: null });
  const all = subscriptions.subscriptions.map((one, n) => ({ ...one, abonent: n ? null : first.id }));
  const single = { ...subscriptions, subscriptions: all };
  expect(subscribedBy(single, first.id)).toMatchObject({
    common: false,
    single: true,
    own: { abonent: first.id },
  });
  expect(subscribedBy(single, second.id)).toMatchObject({ common: false, single: true, own: null });
  expect(subscribedBy(null, first.id)).toEqual({ common: false, single: false, own: null });
});

test("a countdown ends at the moment, not below it", () => {
  const now = Date.parse("2026-01-31T10:00:00Z");
  expect(left("2026-01-31T10:43:07Z", now)).toBe("43:07");
  expect(left("2026-01-31T11:05:09.200Z", now)).toBe("1:05:10");
  expect([left("2026-01-31T10:00:00Z", now), left(null, now), left("nonsense", now)]).toEqual([
    null,
    null,
    null,
  ]);
});

test("an event's XML is shown with one element a line, and nothing else is touched", () => {
  expect(indented(RAW).split("\n").slice(0, 5)).toEqual([
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<xsi:Event xsi:type="xsi:SubscriptionEvent">',
    "  <xsi:eventID>7</xsi:eventID>",
    '  <xsi:eventData xsi:type="xsi:CallReceivedEvent">',
    "    <xsi:call>",
  ]);
  expect(indented(RAW).split("\n").at(-1)).toBe("</xsi:Event>");
  expect(indented(RAW).replace(/\n\s*/g, "")).toBe(RAW);
  for (const raw of ["", "not XML", "<a><b></a", '{"a":1}']) expect(indented(raw)).toBe(raw);
  expect(indented("<a><b/><c/></a>")).toBe("<a>\n  <b/>\n  <c/>\n</a>");
});

test("what processing an event again has changed is told leaf by leaf", () => {
  const before = { version: 1, updatedAt: "x", outcome: "ringing", legs: [{ state: "Alerting" }], gone: 1 };
  const after = {
    version: 2,
    updatedAt: "y",
    outcome: "missed",
    legs: [{ state: "Alerting" }],
    party: { name: "А" },
  };
  expect(callDifferences(before, after)).toEqual([
    { path: "outcome", was: "ringing", became: "missed" },
    { path: "gone", was: "1", became: null },
    { path: "party.name", was: null, became: "А" },
  ]);
  expect(callDifferences(null, null)).toEqual([]);
});

test("settings are shown in people's units and sent in the relay's", () => {
  const setting = (key: string) => {
    const found = new Company().schema.find((one) => one.key === key);
    if (!found) throw new Error(key);
    return found;
  };
  const grace = shownSetting(setting("graceMs"), 45_000);
  expect(entryOf(grace, 45_000)).toBe("45");
  expect(valueOf(grace, " 20 ")).toBe(20_000);
  expect(valueText(grace, grace.default, t, "ru")).toBe("30 с");
  expect(boundsText(grace, t, "ru")).toBe("от 0 до 10 мин");
  expect(problemOf(grace, "601", t, "ru")).toBe("Допустимо от 0 до 10 мин.");
  expect([problemOf(grace, "1,5", t, "ru"), valueOf(grace, "1,5")]).toEqual([null, 1_500]);
  expect(problemOf(grace, "1,00005", t, "ru")).toBe("Введите число, например 2 или 1,5.");
  expect(problemOf(grace, "600", t, "ru")).toBeNull();
  // A value that is no whole second must not be rounded by looking at it.
  const odd = shownSetting(setting("graceMs"), 1_500);
  expect([entryOf(odd, 1_500), valueOf(odd, "1500"), odd.unit]).toEqual(["1500", 1_500, "ms"]);

  const address = shownSetting(setting("publicUrl"), null);
  expect([entryOf(address, null), valueOf(address, " "), problemOf(address, "x", t, "ru")]).toEqual([
    "",
    null,
    "Адрес начинается с https:// или http://.",
  ]);
  const scope = shownSetting(setting("subscriptionScope"), "group");
  expect([valueText(scope, "abonents", t, "ru"), valueOf(scope, "group")]).toEqual([
    "Для каждого абонента",
    "group",
  ]);
  expect([isSetHere(setting("token")), placeOf(setting("token"))]).toEqual([false, "#/settings/connection"]);
  expect(isSetHere(setting("interactionTransport"))).toBe(false);
});
