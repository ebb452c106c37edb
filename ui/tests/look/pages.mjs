/** The pages to look at: how each is reached, and what tells that it is there. */
const click = (selector) => (page) => page.click(selector);
const row = "[data-testid=call-row]";

async function chooseFile(page) {
  const file = { name: "клиенты.csv", mimeType: "text/csv", buffer: Buffer.from("Имя;Телефон\n") };
  await page.setInputFiles("[data-testid=import-file]", file);
  await page.waitForSelector("[data-testid=import-figures]");
}

const pages = [
  { name: "calls", route: "calls", ready: row },
  {
    name: "call",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click(`${row} >> nth=2`);
      await page.waitForSelector("[data-testid=panel-name]");
      await page.hover(`${row} >> nth=1`).catch(() => undefined);
    },
  },
  { name: "calls-none", route: "calls/lost", ready: "[data-testid=filter-lost]" },
  {
    name: "calls-table",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=calls-view]");
      await page.click("[data-testid=calls-view-view]");
      await page.waitForSelector("[data-testid=call-heads]");
      await page.click("[data-testid=calls-kept]");
      await page.waitForSelector("[data-testid=calls-kept-all]");
    },
  },
  {
    name: "calls-columns",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=calls-view]");
      await page.click("[data-testid=calls-view-view]");
      await page.click("[data-testid=calls-view]");
      await page.click("[data-testid=calls-view-columns]");
      await page.waitForSelector("[data-testid=calls-columns]");
    },
  },
  { name: "callback", route: "calls/to_call_back", ready: row },
  { name: "panel", route: "panel", ready: "[data-testid=dial-entry]" },
  {
    name: "panel-number",
    route: "panel",
    query: { scenario: "dial-several" },
    ready: "[data-testid=dial-number]",
  },
  { name: "toasts", route: "toasts", ready: "[data-testid=toast]" },
  {
    name: "settings-popup",
    route: "settings/notifications?at=popup",
    ready: "[data-found]",
  },
  { name: "settings-keys", route: "settings/general?at=dialKey", ready: "[data-found]" },
  ...["wayland", "wayland-none"].map((scenario) => ({
    name: `settings-keys-${scenario}`,
    route: "settings/general?at=dialKey",
    query: { scenario },
    ready: "[data-found]",
  })),
  {
    name: "settings-found",
    route: "settings/connection",
    ready: "[data-testid=settings-search]",
    act: async (page) => {
      // Letters of words in both languages.
      await page.fill(
        "[data-testid=settings-search]",
        (await page.getAttribute("html", "lang")) === "en" ? "call" : "звон",
      );
      await page.click("[data-testid=settings-found] >> nth=3");
      await page.waitForSelector("[data-found]");
    },
  },
  {
    name: "settings-quiet",
    route: "settings/notifications?at=quiet",
    ready: "[data-testid=toast]",
    act: async (page) => {
      await page.click("[data-testid=switch-quiet]");
      await page.waitForSelector("[data-testid=quiet-from]");
    },
  },
  { name: "queue", route: "queue", ready: "[data-testid=queue-row]" },
  {
    name: "queue-chosen",
    route: "queue",
    ready: "[data-testid=queue-row]",
    act: async (page) => {
      await page.click("[data-testid=row-choose] >> nth=0");
      await page.click("[data-testid=row-choose] >> nth=1");
      await page.waitForSelector("[data-testid=queue-chosen]");
    },
  },
  ...[
    ["calls", "call"],
    ["contacts", "contact"],
    ["recordings", "recording"],
    ["documents", "document"],
    ["notifications", "notification"],
    ["abonents", "abonent"],
    ["subscriptions", "subscription"],
    ["events", "event"],
    ["requests", "request"],
    ["audit", "audit"],
  ].map(([route, row]) => ({
    name: `${route}-chosen`,
    route,
    ready: `[data-testid=${row}-row]`,
    act: async (page) => {
      // On its name: in the middle of an abonent's row there is a switch.
      const position = { x: 120, y: 12 };
      await page.click(`[data-testid=${row}-row] >> nth=1`, { modifiers: ["Control"], position });
      await page.click(`[data-testid=${row}-row] >> nth=3`, { modifiers: ["Shift"], position });
      await page.waitForSelector(`[data-testid=${route}-chosen]`);
    },
  })),
  {
    name: "queue-later",
    route: "queue",
    ready: "[data-testid=queue-row]",
    act: async (page) => {
      await page.hover("[data-testid=queue-row] >> nth=1");
      await page.click("[data-testid=queue-later] >> nth=1");
      await page.click("[data-testid=later-own]");
      await page.waitForSelector("[data-testid=later-day]");
    },
  },
  { name: "queue-put-off", route: "queue/later", ready: "[data-testid=queue-row]" },
  { name: "queue-handled", route: "queue/handled", ready: "[data-testid=queue-row]" },
  {
    name: "calendar",
    route: "calls",
    ready: "[data-testid=calls-days]",
    act: async (page) => {
      await page.click("[data-testid=calls-days]");
      await page.waitForSelector("[data-testid=calls-days-open] [data-today]");
    },
  },
  { name: "contacts", route: "contacts", ready: "[data-testid=contact-row]" },
  { name: "contact", route: "contact/1", ready: "[data-testid=contact-card]" },
  { name: "newcontact", route: "contact/new", ready: "form" },
  { name: "import", route: "contacts", ready: "[data-testid=contact-row]", act: chooseFile },
  {
    name: "import-done",
    route: "contacts",
    ready: "[data-testid=contact-row]",
    act: async (page) => {
      await chooseFile(page);
      await page.click("[data-testid=import-start]:not([disabled])");
      await page.waitForSelector("[data-testid=import-result]");
    },
  },
  { name: "report", route: "report", ready: "[data-testid=report-line]" },
  { name: "report-abonents", route: "report/abonents", ready: "[data-testid=report-line]" },
  { name: "report-compared", route: "report/missed", ready: "[data-testid=report-line]" },
  {
    name: "report-pictures",
    route: "report",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-view-pictures]");
      await page.waitForSelector("[data-testid=report-pictures]");
    },
  },
  {
    name: "report-settings",
    route: "report/abonents",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-adjust]");
      await page.waitForSelector("[data-testid=report-settings]");
    },
  },
  {
    name: "report-company",
    route: "report/abonents",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-adjust]");
      await page.selectOption("[data-testid=report-whose]", "company");
      await page.waitForSelector("[data-testid=report-company]");
      for (const field of ["report-abonents", "report-lines"]) {
        await page.click(`[data-testid=${field}]`);
        await page.click(`[data-testid=${field}-option] >> nth=1`);
      }
      await page.locator("[data-testid=report-abonents-chosen]").first().scrollIntoViewIfNeeded();
    },
  },
  {
    name: "report-cell",
    route: "report/abonents",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-cell] >> nth=2");
      await page.waitForSelector("[data-testid=report-calls-list]");
    },
  },
  {
    name: "report-actions",
    route: "report",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-actions]");
      await page.waitForSelector("[data-testid=report-actions-save_as]");
    },
  },
  {
    name: "report-file",
    route: "report",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-file]");
      await page.waitForSelector("[data-testid=report-file-dialog]");
    },
  },
  { name: "documents", route: "documents", ready: "[data-testid=document-row]" },
  {
    name: "merge",
    route: "contact/1",
    ready: "[data-testid=contact-merge]",
    act: async (page) => {
      await page.click("[data-testid=contact-merge]");
      await page.waitForSelector("[data-testid=attach-contact]");
    },
  },
  { name: "document", route: "document/40", ready: "[data-testid=document-number]" },
  { name: "notifications", route: "notifications", ready: "[data-testid=notification-row]" },
  { name: "recordings", route: "recordings", ready: "[data-testid=recording-row]" },
  {
    name: "player",
    route: "recordings",
    ready: "[data-testid=recording-row]",
    act: async (page) => {
      await page.click("[data-testid=recording-row] >> nth=1 >> [data-testid=row-play]");
      await page.waitForSelector("[data-testid=player-mark]");
    },
  },
  {
    name: "player-mark",
    route: "recordings",
    ready: "[data-testid=recording-row]",
    act: async (page) => {
      await page.click("[data-testid=recording-row] >> nth=1 >> [data-testid=row-play]");
      await page.waitForSelector("[data-testid=player-mark]");
      await page.click("[data-testid=row-choose] >> nth=1");
      await page.click("[data-testid=player-add-mark]");
      await page.waitForSelector("[data-testid=mark-note]");
    },
  },
  { name: "abonents", route: "abonents", ready: "[data-testid=abonent-row]" },
  {
    name: "fill",
    route: "abonents",
    ready: "[data-testid=abonent-row]",
    act: async (page) => {
      await page.click("[data-testid=abonents-fill]");
      await page.waitForSelector("[data-testid=fill-dialog] :is(section, .good)");
    },
  },
  { name: "subscriptions", route: "subscriptions", ready: "[data-testid=keeper]" },
  { name: "events", route: "events", ready: "[data-testid=event-row]" },
  {
    name: "event",
    route: "events",
    ready: "[data-testid=event-row]",
    act: async (page) => {
      await page.click("[data-testid=event-row] >> nth=0");
      await page.waitForSelector("[data-testid=event-raw]");
    },
  },
  { name: "requests", route: "requests", ready: "[data-testid=request-row]" },
  { name: "users", route: "users", ready: "[data-testid=user-row]" },
  {
    name: "invite",
    route: "users",
    ready: "[data-testid=user-row]",
    act: async (page) => {
      await page.click("[data-testid=people-invite]");
      await page.click("[data-testid=invite-abonent]");
      await page.waitForSelector("[data-testid=invite-abonent-option]");
    },
  },
  {
    name: "users-chosen",
    route: "users",
    ready: "[data-testid=code-row]",
    act: async (page) => {
      await page.click("[data-testid=user-row] >> nth=0", { modifiers: ["Control"] });
      await page.click("[data-testid=code-row] >> nth=0", { modifiers: ["Control"] });
      await page.waitForSelector("[data-testid=people-chosen]");
    },
  },
  { name: "audit", route: "audit", ready: "[data-testid=audit-row]" },
  ...["connection", "address", "me", "pbx", "notifications", "recordings", "general", "updates", "check"].map(
    (section) => ({
      name: `settings-${section}`,
      route: `settings/${section}`,
      ready: `[data-testid=settings-${section}]`,
    }),
  ),
  {
    name: "dial",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=dial-open]");
      await page.fill("[data-testid=dial-field]", "8 900 000-00-99");
      await page.waitForSelector("[data-testid=dial-entry]");
    },
  },
  {
    name: "forwarding",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=rail-forwarding]");
      await page.fill("[data-testid=forwarding-number-all]", "ор");
      await page.waitForSelector("[data-testid=forwarding-number-all-option] >> text=Орлова");
    },
  },
  {
    name: "palette",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.keyboard.press("Control+KeyK");
      await page.waitForSelector("[data-testid=palette-entry]");
    },
  },
  {
    name: "palette-found",
    route: "contacts",
    ready: "[data-testid=contact-row]",
    act: async (page) => {
      await page.click("[data-testid=palette-open]");
      await page.fill("[data-testid=palette-field]", "ор");
      await page.waitForSelector("[data-testid=palette-entry] >> text=Орлова");
    },
  },
  {
    name: "rowmenu",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.click(`${row} >> nth=2`, { button: "right" });
      await page.waitForSelector("[data-testid=row-menu-copy]");
    },
  },
  {
    name: "after",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.evaluate(() => {
        const { backend } = window;
        backend.justEnded = [backend.calls[1]];
        backend.changed({ ended: [backend.calls[1].id] });
      });
      await page.waitForSelector("[data-testid=after-call]");
      await page.click("[data-testid=after-call] [data-testid=written-outcome] >> nth=0");
    },
  },
  {
    name: "dial-link",
    route: "calls",
    query: { scenario: "dial-several" },
    ready: "[data-testid=dial-number]",
  },
  {
    name: "controls",
    route: "controls",
    ready: "[data-testid=chips-180-0]",
    act: async (page) => {
      await page.waitForSelector("[data-testid=chips-180-more]");
      await page.click("[data-testid=menu]");
      await page.waitForSelector("[data-testid=menu-1]");
    },
  },
  {
    name: "controls-fields",
    route: "controls",
    ready: "[data-testid=tabs-fields]",
    act: async (page) => {
      await page.click("[data-testid=tabs-fields]");
      await page.click("[data-testid=combobox]");
      await page.waitForSelector("[data-testid=combobox-option]");
    },
  },
  ...["confirm", "dialog"].map((open) => ({
    name: `controls-${open}`,
    route: "controls",
    query: { open },
    ready: "dialog[open]",
    act: open === "confirm" ? click("[data-testid=confirm-yes]") : undefined,
  })),
];

/** Every room as it is when nothing is there yet, when it is being read, when it cannot be, when something is wrong. */
const ROOMS = {
  calls: "calls",
  contacts: "contacts",
  recordings: "recordings",
  documents: "documents",
  notifications: "notifications",
  report: "report",
};
const ADMIN = {
  abonents: "abonents",
  subscriptions: "subscriptions",
  events: "events",
  users: "users",
  audit: "audit",
};
const state = (name, rooms, scenario, ready) =>
  Object.entries(rooms).map(([room, route]) => ({
    name: `${name}-${room}`,
    route,
    query: { scenario },
    ready,
  }));
const states = [
  ...state("empty", ROOMS, "empty", "[data-testid=empty]"),
  ...state("loading", { ...ROOMS, ...ADMIN }, "loading", "[data-testid=skeleton]").map((one) => ({
    ...one,
    waits: true,
  })),
  ...state("error", { ...ROOMS, ...ADMIN, check: "settings/check" }, "error", "[data-testid=failure]"),
  { name: "trouble", route: "calls", query: { scenario: "trouble" }, ready: "[data-testid=banner]" },
  { name: "polling", route: "settings/check", query: { scenario: "polling" }, ready: "[data-testid=banner]" },
  { name: "user", route: "calls", query: { scenario: "user" }, ready: row },
  {
    name: "whose",
    route: "calls",
    query: { scenario: "company" },
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=calls-whose]");
      await page.click("[data-testid=calls-whose-option] >> nth=2");
      await page.click("[data-testid=call-row] >> nth=1");
      await page.waitForSelector("[data-testid=panel-name]");
    },
  },
  {
    name: "user-settings",
    route: "settings",
    query: { scenario: "user" },
    ready: "[data-testid=settings-connection]",
  },
  { name: "example", route: "calls", query: { scenario: "example" }, ready: "[data-testid=example]" },
  ...["newer", "fetching", "waiting", "refused", "system", "none"].map((what) => ({
    name: `update-${what}`,
    route: "settings/updates",
    query: { scenario: `update-${what}` },
    ready: "[data-testid=settings-updates]",
  })),
  ...["connection", "notifications", "general"].map((section) => ({
    name: `managed-${section}`,
    route: `settings/${section}`,
    query: { scenario: "managed" },
    ready: `[data-testid=settings-${section}]`,
  })),
  {
    name: "player-silent",
    route: "recordings",
    query: { scenario: "silent" },
    ready: "[data-testid=recording-row]",
    act: async (page) => {
      await page.click("[data-testid=recording-row] >> nth=8 >> [data-testid=row-play]");
      await page.waitForSelector("[data-testid=player-trouble]");
    },
  },
  ...["forwarded", "forwarded-some"].map((scenario) => ({
    name: scenario,
    route: "calls",
    query: { scenario },
    ready: row,
    act: async (page) => {
      await page.click("[data-testid=rail-forwarding]");
      await page.waitForSelector("[data-testid=forwarding-off]");
    },
  })),
  {
    name: "forwarding-failed",
    route: "calls",
    ready: row,
    act: async (page) => {
      await page.evaluate(
        () =>
          (window.backend.fails["forwarding.set"] = { code: "pbx_refused", detail: "Услуга не подключена" }),
      );
      await page.click("[data-testid=rail-forwarding]");
      await page.fill("[data-testid=forwarding-number-all]", "+7 900 000-00-77");
      await page.click("[data-testid=forwarding-on]");
      await page.waitForSelector("[data-testid=failure]");
    },
  },
  { name: "dead", route: "calls", query: { scenario: "dead" }, ready: "[data-testid=failure]" },
  ...["connection", "address", "me", "notifications", "general", "check", "done"].map((step, index) => ({
    name: `wizard-${step}`,
    route: "calls",
    query: { scenario: "wizard" },
    ready: "[data-testid=wizard]",
    act: async (page) => {
      for (let at = 0; at < index; at++) {
        if (at === 0) {
          await page.fill("[data-testid=settings-token]", "good-token");
          await page.waitForSelector("[data-testid=token-found]");
          if (await page.isVisible("[data-testid=settings-consent]"))
            await page.check("[data-testid=settings-consent]");
        }
        if (at === 2) {
          await page.click("[data-testid=me-abonent] >> nth=0");
          await page.waitForSelector("[data-testid=me-chosen]");
        }
        const step = await page.getAttribute("[data-testid=wizard]", "data-step");
        await page.click("[data-testid=wizard-next]");
        await page.waitForSelector(`[data-testid=wizard]:not([data-step=${step}])`);
      }
    },
  })),
];

/** A state says nothing new in a third size: it is photographed in the first two. */
export const all = [...pages, ...states.map((one) => ({ ...one, state: true }))];
