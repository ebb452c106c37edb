/** The pages to look at: how each is reached, and what tells that it is there. */
const click = (selector) => (page) => page.click(selector);

export const pages = [
  { name: "calls", route: "calls", ready: "[data-testid=call-row]" },
  {
    name: "call",
    route: "calls",
    ready: "[data-testid=call-row]",
    act: async (page) => {
      await page.click("[data-testid=call-row] >> nth=2");
      await page.waitForSelector("[data-testid=panel-name]");
    },
  },
  { name: "callback", route: "calls/to_call_back", ready: "[data-testid=call-row]" },
  { name: "nocalls", route: "calls", query: { scenario: "empty" }, ready: "[data-testid=empty]" },
  { name: "contacts", route: "contacts", ready: "[data-testid=contact-row]" },
  { name: "contact", route: "contact/1", ready: "[data-testid=contact-card]" },
  { name: "newcontact", route: "contact/new", ready: "form" },
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
    name: "report-cell",
    route: "report/abonents",
    ready: "[data-testid=report-line]",
    act: async (page) => {
      await page.click("[data-testid=report-cell] >> nth=2");
      await page.waitForSelector("[data-testid=report-calls-list]");
    },
  },
  { name: "document", route: "document/40", ready: "main h1" },
  { name: "notifications", route: "notifications", ready: "[data-testid=notification-row]" },
  { name: "abonents", route: "abonents", ready: "[data-testid=abonent-row]" },
  { name: "subscriptions", route: "subscriptions", ready: "[data-testid=keeper]" },
  { name: "events", route: "events", ready: "[data-testid=event-row]" },
  {
    name: "event",
    route: "events",
    ready: "[data-testid=event-row]",
    act: async (page) => {
      await page.click("[data-testid=event-row] >> nth=0");
      await page.waitForSelector("aside h1");
    },
  },
  { name: "requests", route: "requests", ready: "[data-testid=request-row]" },
  { name: "users", route: "users", ready: "main h1" },
  { name: "audit", route: "audit", ready: "main h1" },
  ...["connection", "address", "me", "pbx", "notifications", "general", "check"].map((section) => ({
    name: `settings-${section}`,
    route: `settings/${section}`,
    ready: `[data-testid=settings-nav-${section}]`,
  })),
  { name: "dial", route: "calls", ready: "[data-testid=call-row]", act: click("[data-testid=dial-open]") },
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
];
