import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { keyNumber } from "./fake/data";
import { all, open, texts } from "./open";

test("what the app has shown is listed with its state", async () => {
  await open("notifications");
  expect((await screen.findAllByTestId("notification-row")).map((row) => row.dataset.kind)).toEqual([
    "missed",
    "answered_elsewhere",
    "document",
    "incoming",
    "progress",
    "digest",
    "trouble",
  ]);
  expect(texts("notification-state")).toContain("истекло");
  expect(texts("notification-title")[0]).toBe("Пропущенный: Неизвестный номер (×2)");
});

test("a click opens the record and marks the notification as seen", async () => {
  const user = await open("notifications");
  await screen.findAllByTestId("notification-row");
  await user.click(screen.getByText("Телефонный звонок № 000000040"));
  expect((await screen.findByTestId("document-number")).textContent).toBe("000000040");
  expect(backend.last("notices.seen")).toEqual({ id: 5 });
});

test("«Перезвонить» calls and does not open", async () => {
  const user = await open("notifications");
  await user.click((await screen.findAllByTestId("notification-call-back"))[0] as HTMLElement);
  expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(21) });
  expect(window.location.hash).toBe("#/notifications");
});

test("all are marked at once, and the rail's figure goes", async () => {
  const user = await open("notifications");
  expect(screen.getByTestId("nav-notifications-count").textContent).toBe("3");
  await user.click(screen.getByTestId("notifications-mark-all"));
  await waitFor(() => expect(screen.queryByTestId("nav-notifications-count")).toBeNull());
  expect(backend.last("notices.seen")).toEqual({ id: null });
});

test("the list grows by a page and keeps its length when something changes", async () => {
  const [pattern] = backend.notifications;
  if (!pattern) throw new Error("no notifications");
  backend.notifications = Array.from({ length: 70 }, (_, n) => ({
    ...pattern,
    id: 70 - n,
    title: `${pattern.title} ${70 - n}`,
  }));
  await open("notifications");
  await waitFor(() => expect(texts("notification-title")[0]).toBe(`${pattern.title} 70`));
  const scroll = screen.getByTestId("notifications-list-scroll");
  scroll.scrollTop = 1e9;
  scroll.dispatchEvent(new Event("scroll"));
  await waitFor(() => expect(texts("notification-title").at(-1)).toBe(`${pattern.title} 1`));
  expect(all("notification-row").length, "only what is seen is in the page").toBeLessThan(40);
  scroll.scrollTop = 0;
  scroll.dispatchEvent(new Event("scroll"));
  backend.notifications = [{ ...pattern, id: 71, title: "Новое" }, ...backend.notifications];
  backend.changed({ notices: [71] });
  await waitFor(() => expect(texts("notification-title")[0]).toBe("Новое"));
  expect(texts("notification-title")[1]).toBe(`${pattern.title} 70`);
});

test("an empty list says what will be there", async () => {
  backend.notifications = [];
  await open("notifications");
  expect((await screen.findByTestId("empty")).textContent).toContain("Уведомлений пока нет");
});
