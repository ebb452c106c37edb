/** Several rows at once in an administrator's lists. */
import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { app } from "../src/lib/app.svelte";
import { backend } from "./fake/backend";
import { all, input, open } from "./open";

type User = Awaited<ReturnType<typeof open>>;
const option = (row: HTMLElement) => row.closest("[role=option]") as HTMLElement;
const rowOf = (testid: string, text: string) => {
  const found = all(testid).find((one) => one.textContent?.includes(text));
  if (!found) throw new Error(`no ${testid} with ${text}`);
  return option(found);
};
async function choose(user: User, ...rows: HTMLElement[]): Promise<void> {
  await user.keyboard("{Control>}");
  for (const row of rows) await user.click(row);
  await user.keyboard("{/Control}");
}
const asked = (name: string) =>
  backend.asked.filter(({ command }) => command === name).map(({ args }) => args);
const clipboard = () => navigator.clipboard.readText();
const lines = async () => (await clipboard()).split("\r\n").map((line) => line.split("\t"));

test("abonents: recordings of several are switched after one question, and taken back", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  const [on, off] = [rowOf("abonent-row", "Иванов Пётр"), rowOf("abonent-row", "Смирнова Анна")];
  const unknown = option(all("abonent-row").at(-1) as HTMLElement);
  await choose(user, on, off, unknown);
  await user.click(await screen.findByTestId("abonents-chosen-recording-on"));
  expect((await screen.findByTestId("confirm")).textContent).toContain("выбранных абонентов: 2");
  expect(backend.times("company.switch_recording")).toBe(0);
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(app.message?.text).toBe("Запись включена: 2"));
  const ids = backend.company.rows.map(({ id }) => id);
  expect(asked("company.switch_recording"), "not of who is recorded already").toEqual([
    { abonent: ids[1], on: true },
    { abonent: ids[6], on: true },
  ]);
  expect(screen.queryByTestId("abonents-chosen"), "done with them").toBeNull();
  await waitFor(() =>
    expect(all("abonent-recording").filter((one) => one.dataset.on === "true").length).toBeGreaterThan(2),
  );
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(app.message?.text).toBe("Отменено"));
  expect(asked("company.switch_recording").slice(2), "how it stood before is known of one").toEqual([
    { abonent: ids[1], on: false },
  ]);
});

test("abonents: a press with Ctrl on the switch of a row chooses the row and switches nothing", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  const [first] = all("abonent-recording");
  await choose(user, first as HTMLElement);
  expect(screen.queryByTestId("confirm"), "nothing is asked").toBeNull();
  expect(option(all("abonent-row")[0] as HTMLElement).getAttribute("aria-selected")).toBe("true");
  await user.click(first as HTMLElement);
  expect(await screen.findByTestId("confirm"), "without it the switch is meant").toBeTruthy();
});

test("abonents: one that the PBX does not switch ends it, and is told with how far it came", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  screen.getByTestId("abonents-list").focus();
  await user.keyboard("{Control>}a{/Control}");
  backend.company.stubborn = true;
  await user.click(await screen.findByTestId("abonents-chosen-recording-off"));
  await user.click(await screen.findByTestId("confirm-yes"));
  await waitFor(() => expect(app.message?.bad).toBe(true));
  expect(app.message?.text).toContain("прежнее состояние");
  expect(backend.times("company.switch_recording")).toBe(1);
  expect(screen.getByTestId("abonents-chosen").textContent, "none was come to").toContain("Выбрано: 7");
});

test("abonents: subscriptions of their own are switched together; with a shared one there is nothing to switch", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  await choose(user, rowOf("abonent-row", "Иванов Пётр"), rowOf("abonent-row", "Смирнова Анна"));
  await screen.findByTestId("abonents-chosen-numbers");
  expect(screen.queryByTestId("abonents-chosen-subscription-on")).toBeNull();
  await user.click(screen.getByTestId("nav-calls"));
  const [shared] = backend.company.subscriptions.subscriptions;
  if (!shared) throw new Error("subscriptions");
  const own = { ...shared, abonent: backend.company.rows[0]?.id ?? null };
  backend.company.subscriptions = { ...backend.company.subscriptions, subscriptions: [own] };
  await user.click(screen.getByTestId("nav-abonents"));
  await screen.findAllByTestId("abonent-subscription");
  await choose(user, rowOf("abonent-row", "Иванов Пётр"), rowOf("abonent-row", "Смирнова Анна"));
  await user.click(await screen.findByTestId("abonents-chosen-subscription-on"));
  await user.click(await screen.findByTestId("confirm-yes"));
  await waitFor(() => expect(app.message?.text).toBe("Подписка включена: 1"));
  expect(asked("subscriptions.switch")).toEqual([{ abonent: backend.company.rows[1]?.id, on: true }]);
});

test("abonents: numbers are copied; a row has its switches in its menu and by keys", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  await user.click(input("abonents-search"));
  await user.keyboard("{ArrowDown}");
  await user.keyboard("{Shift>}{ArrowDown}{/Shift}{Control>}c{/Control}");
  await waitFor(async () => expect(await clipboard()).toBe("+7 (900) 000-00-01\n+7 (900) 000-00-02"));
  await user.keyboard("{Escape}{Home}r");
  expect((await screen.findByTestId("confirm")).textContent).toContain("Выключить запись разговоров?");
  await user.click(screen.getByText("Отмена"));
  screen.getByTestId("abonents-list").focus();
  await user.keyboard("{Shift>}{F10}{/Shift}");
  const menu = await screen.findByTestId("row-menu");
  expect(menu.textContent).toContain("Выключить запись…");
  expect(menu.textContent).toContain("Выбрать");
  expect(backend.times("company.switch_recording")).toBe(0);
});

test("people: keys of several are revoked after a question, codes of several withdrawn", async () => {
  backend.company.codes = [1, 2].flatMap((n) =>
    backend.company.codes.map((one) => ({ ...one, id: `code${n}`, name: `Новый ${n}` })),
  );
  const user = await open("users");
  await screen.findAllByTestId("code-row");
  screen.getByTestId("people-list").focus();
  await user.keyboard("{Control>}a{/Control}");
  expect(screen.getByTestId("people-chosen").textContent, "who has no key is a row too").toContain(
    "Выбрано: 5",
  );
  await user.keyboard("{Delete}");
  expect((await screen.findByTestId("confirm")).textContent).toContain("выбранных пользователей");
  expect(backend.times("people.revoke")).toBe(0);
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(app.message?.text).toBe("Доступ отозван: 2"));
  expect(asked("people.revoke")).toEqual([{ id: "u1" }, { id: "u2" }]);
  await waitFor(() => expect(all("user-row").every((one) => one.dataset.revoked === "true")).toBe(true));

  await choose(user, rowOf("code-row", "Новый 1"), rowOf("code-row", "Новый 2"));
  expect(screen.queryByTestId("people-chosen-revoke"), "a code is no key").toBeNull();
  await user.click(await screen.findByTestId("people-chosen-withdraw"));
  await waitFor(() => expect(app.message?.text).toBe("Отозвано кодов: 2"));
  expect(asked("people.withdraw")).toEqual([{ id: "code1" }, { id: "code2" }]);
  await waitFor(() => expect(all("code-row")).toEqual([]));
  expect(screen.getByTestId("people-list").textContent).toContain("Неиспользованных кодов нет.");
});

test("people: a revoked key can only be copied", async () => {
  const user = await open("users");
  await screen.findAllByTestId("user-row");
  await choose(user, rowOf("user-row", "Бывший Сотрудник"));
  await screen.findByTestId("people-chosen-table");
  expect(screen.queryByTestId("people-chosen-revoke")).toBeNull();
  await user.keyboard("{Control>}c{/Control}");
  await waitFor(async () => expect((await lines())[1]?.[0]).toBe("Бывший Сотрудник"));
});

test.each([
  ["subscriptions", "subscriptions-list", "subscription-row", 6],
  ["events", "events-list", "event-row", 4],
  ["requests", "requests-list", "request-row", 3],
  ["audit", "audit-list", "audit-row", 4],
])("%s: rows can be copied as a table, and nothing else", async (route, list, row, columns) => {
  const user = await open(route);
  await screen.findAllByTestId(row);
  screen.getByTestId(list).focus();
  await user.keyboard("{Home}{Control>}c{/Control}");
  await waitFor(async () => expect(await lines()).toHaveLength(2));
  await user.keyboard("{Shift>}{ArrowDown}{/Shift}");
  const bar = await screen.findByTestId(list.replace("-list", "-chosen"));
  expect(bar.textContent).toContain("Выбрано: 2");
  expect(bar.querySelectorAll("button"), "to copy, and to let go").toHaveLength(2);
  await user.keyboard("{Control>}c{/Control}");
  await waitFor(async () => expect(await lines()).toHaveLength(3));
  expect((await lines()).every((line) => line.length === columns)).toBe(true);
  await user.keyboard("{Escape}");
  expect(screen.queryByTestId(list.replace("-list", "-chosen"))).toBeNull();
});
