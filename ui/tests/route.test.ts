import { beforeEach, expect, test } from "vitest";
import { router } from "../src/lib/route.svelte";
import { parseRoute } from "../src/rooms";
import { callLink } from "../src/rooms/calls/route";
import { contactLink, newContactLink } from "../src/rooms/contacts/route";
import { documentLink } from "../src/rooms/document/route";

const settled = () => new Promise((done) => setTimeout(done, 20));

test.each([
  ["", { screen: "calls", mark: null, call: null, abonent: null }],
  ["#/calls/lost", { screen: "calls", mark: "lost", call: null, abonent: null }],
  ["calls/nonsense", { screen: "calls", mark: null, call: null, abonent: null }],
  ["call/01J0ABC", { screen: "calls", mark: null, call: "01J0ABC", abonent: null }],
  ["contact/12", { screen: "contacts", contact: 12, create: null }],
  ["contact/x", { screen: "contacts", contact: null, create: null }],
  [
    "#/contact/new?number=%2B79000000021&name=%D0%AF",
    { screen: "contacts", contact: null, create: { number: "+79000000021", name: "Я" } },
  ],
  ["document/3", { screen: "document", document: 3 }],
  ["document/-3", { screen: "calls", mark: null, call: null, abonent: null }],
  ["notifications", { screen: "notifications" }],
  ["settings", { screen: "settings", section: "connection" }],
  ["settings/me", { screen: "settings", section: "me" }],
  ["call/%E0%A4%A", { screen: "calls", mark: null, call: "%E0%A4%A", abonent: null }],
])("%s leads to %o", (text, route) => expect(parseRoute(text)).toEqual(route));

test("links lead where they say", () => {
  expect(parseRoute(callLink("01J/х"))).toMatchObject({ call: "01J/х" });
  expect(parseRoute(contactLink(7))).toMatchObject({ contact: 7 });
  expect(parseRoute(documentLink(42))).toMatchObject({ document: 42 });
  const link = newContactLink("+7 (900) 000-00-21", "Ян & Ко");
  expect(parseRoute(link)).toMatchObject({ create: { number: "+7 (900) 000-00-21", name: "Ян & Ко" } });
});

let stop = () => undefined as void;
beforeEach(() => {
  stop();
  stop = router.start();
});

test("a guard that says no keeps the place and the address", async () => {
  router.go("contact/1");
  await settled();
  let asked = 0;
  const lift = router.guard(() => Promise.resolve(++asked > 1));
  router.go("document/3");
  await settled();
  expect(router.route).toMatchObject({ screen: "contacts", contact: 1 });
  expect(window.location.hash).toBe("#/contact/1");
  router.go("document/3");
  await settled();
  expect(router.route).toMatchObject({ screen: "document", document: 3 });
  expect(window.location.hash).toBe("#/document/3");
  expect(asked).toBe(2);
  lift();
});
