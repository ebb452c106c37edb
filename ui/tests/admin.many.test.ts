/** The pages of administration in a large company: what is drawn does not grow with it. */
import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { all, input, open, texts } from "./open";

const ABONENTS = 10_000;
const EVENTS = 100_000;
/** More rows are not drawn, however many there are. */
const DRAWN = 60;

const numbered = <T>(first: T | undefined, count: number, over: (n: number) => Partial<T>): T[] =>
  Array.from({ length: count }, (_, n) => ({ ...(first as T), ...over(n) }));
const few = (testid: string) => {
  expect(all(testid).length).toBeGreaterThan(5);
  expect(all(testid).length).toBeLessThan(DRAWN);
};
async function end(list: string): Promise<void> {
  screen.getByTestId(list).focus();
  await userEvent.keyboard("{End}");
}

test("10,000 abonents are walked through and searched", async () => {
  backend.company.rows = numbered(backend.company.rows[0], ABONENTS, (n) => ({
    id: `${n}@mpbx.example`,
    lastName: `Абонент ${n}`,
    firstName: null,
  }));
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  few("abonent-row");
  await end("abonents-list");
  await waitFor(() => expect(texts("abonent-row").at(-1)).toContain(`Абонент ${ABONENTS - 1}`));
  few("abonent-row");
  await user.type(input("abonents-search"), "777");
  await waitFor(() => expect(texts("abonent-row")[0]).toContain("Абонент 777"));
});

test("so are 10,000 subscriptions", async () => {
  const { company } = backend;
  company.subscriptions = {
    ...company.subscriptions,
    subscriptions: numbered(company.subscriptions.subscriptions[0], ABONENTS, (n) => ({ id: `s${n}` })),
  };
  await open("subscriptions");
  await screen.findAllByTestId("subscription-row");
  few("subscription-row");
  await end("subscriptions-list");
  await waitFor(() => expect(texts("subscription-row").at(-1)).toContain(`s${ABONENTS - 1}`));
  few("subscription-row");
});

test("and 10,000 users", async () => {
  const { company } = backend;
  company.users = numbered(company.users[0], ABONENTS, (n) => ({ id: `u${n}`, name: `Пользователь ${n}` }));
  company.codes = [];
  await open("users");
  await screen.findAllByTestId("user-row");
  few("user-row");
});

test("of 100,000 events those are read that one comes to", async () => {
  const { company } = backend;
  company.events = numbered(company.events[0], EVENTS, (n) => ({ seq: EVENTS - n }));
  await open("events");
  await screen.findAllByTestId("event-row");
  few("event-row");
  const asked = backend.times("journal.events");
  for (let page = 0; page < 5; page++) {
    const before = backend.times("journal.events");
    await end("events-list");
    await waitFor(() => expect(backend.times("journal.events")).toBeGreaterThan(before));
  }
  few("event-row");
  expect(backend.times("journal.events") - asked, "page by page").toBeLessThan(20);
});
