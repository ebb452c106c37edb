import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { sinceOf, soonness, tomorrowAtNine, typed } from "../src/rooms/queue/times";
import { backend } from "./fake/backend";
import { keyNumber } from "./fake/data";
import { all, input, open, texts } from "./open";

const row = (index: number) => all("queue-row")[index] as HTMLElement;
const press = (index: number, action: string) =>
  row(index).querySelector(`[data-action=${action}]`) as HTMLElement;

test("a person is one row: who, how often, since when, who else missed them, the last note, who takes them", async () => {
  await open("queue");
  await screen.findAllByTestId("queue-row");
  expect(texts("queue-name")).toEqual([
    "Неизвестный номер",
    "Орлова Дарья",
    "ООО «Берёзка»",
    "Лебедев Антон",
    "Романова Вера",
  ]);
  expect(within(row(0)).getByTestId("queue-facts").textContent).toBe("1 звонок · ждал 18 с");
  expect(within(row(0)).getByTestId("queue-more").textContent).toBe(
    "не ответили и: Смирнова А., Кузнецов О.",
  );
  expect(within(row(1)).getByTestId("queue-facts").textContent).toMatch(/^3 звонка с /);
  expect(within(row(1)).getByTestId("queue-more").textContent).toBe("Просил счёт на два комплекта");
  expect(within(row(2)).getByTestId("queue-more").textContent).toMatch(/^берёт Смирнова А\. до \d\d:\d\d$/);
  expect(within(row(3)).getByTestId("queue-facts").textContent).toMatch(/^напоминание на /);
  expect(within(row(4)).getByTestId("queue-more").textContent).toMatch(/^вы взяли до /);
  expect(texts("queue-state")[0]).toMatch(/^[89] мин$/);
});

test("done by a press or Delete, and taken back by Ctrl+Z, also when the list is empty by then", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  await user.click(press(0, "done"));
  await waitFor(() => expect(all("queue-row").length).toBe(4));
  expect(backend.last("queue.done")).toEqual({ ids: [1] });
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Control>}a{/Control}{Delete}");
  await screen.findByText("Всем ответили: перезванивать некому.");
  await user.keyboard("{Control>}z{/Control}");
  await waitFor(() => expect(all("queue-row").length).toBe(4));
});

test("later: a reminder in two presses, or at a time of one's own", async () => {
  vi.useFakeTimers({ now: new Date("2026-06-15T09:00:00.000Z"), toFake: ["Date"] });
  backend.reset();
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  await user.click(press(1, "later"));
  await user.click(await screen.findByTestId("later-15"));
  await waitFor(() => expect(all("queue-row").length).toBe(4));
  expect(backend.last("queue.later")?.["note"], "the reason before stays").toBeNull();
  const at = Number(backend.last("queue.later")?.atMs);
  expect(Math.round((at - Date.now()) / 60_000)).toBe(15);
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}l");
  await user.type(await screen.findByTestId("later-note"), "после обеда");
  await user.click(screen.getByTestId("later-own"));
  await user.clear(input("later-day"));
  await user.type(input("later-day"), "32.01.2027");
  await user.click(screen.getByTestId("later-remind"));
  expect((await screen.findByTestId("later-wrong")).textContent).toContain("31.01.2026");
  await user.clear(input("later-day"));
  await user.type(input("later-day"), "31.01.2027");
  await user.clear(input("later-time"));
  await user.type(input("later-time"), "15:30");
  await user.click(screen.getByTestId("later-remind"));
  await waitFor(() =>
    expect(backend.last("queue.later")).toEqual({
      ids: [1],
      atMs: new Date(2027, 0, 31, 15, 30).getTime(),
      note: "после обеда",
    }),
  );
  await user.click(screen.getByTestId("queue-part-later"));
  await waitFor(() => expect(all("queue-row").length).toBe(3));
});

test("what was put off is as it was before once that is taken back: a reminder at its time, the others at once", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  const before = backend.queue.waiting.map((one) => ({ ...one }));
  const old = before.find((one) => one.remindAt);
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Control>}a{/Control}l");
  await user.type(await screen.findByTestId("later-note"), "после обеда");
  await user.click(screen.getByTestId("later-15"));
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.times("queue.later")).toBe(3));
  const sent = backend.asked.filter(({ command }) => command === "queue.later").slice(1);
  expect(sent.map(({ args }) => args)).toEqual([
    { ids: before.filter((one) => !one.remindAt).map((one) => one.id), atMs: null, note: "" },
    { ids: [old?.id], atMs: Date.parse(old?.remindAt ?? ""), note: old?.remindNote },
  ]);
  const notes = (rows: typeof before) => Object.fromEntries(rows.map((one) => [one.id, one.remindNote]));
  await waitFor(() =>
    expect(notes([...backend.queue.waiting, ...backend.queue.later]), "no note is left").toMatchObject(
      notes(before),
    ),
  );
});

test("what the app refuses stays chosen", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  backend.fails["queue.done"] = { code: "storage", detail: null };
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Control>}a{/Control}{Delete}");
  expect((await screen.findByTestId("message-bad")).textContent).not.toContain("Закрыто");
  expect(screen.getByTestId("queue-chosen").textContent).toContain("Выбрано: 5");
});

test("«беру» is seen at once and given back by the same key", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  await user.click(press(0, "claim"));
  await waitFor(() => expect(backend.last("queue.claim")).toEqual({ id: 1, minutes: 30 }));
  await waitFor(() => expect(within(row(0)).getByTestId("queue-more").textContent).toMatch(/^вы взяли до /));
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}t");
  await waitFor(() => expect(backend.last("queue.claim")).toEqual({ id: 1, minutes: 0 }));
});

test("Enter calls, a press opens the person's call, Ctrl+C copies the number", async () => {
  const user = await open("queue");
  const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  await screen.findAllByTestId("queue-row");
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(21) }));
  await user.keyboard("{Control>}c{/Control}");
  await waitFor(() => expect(written).toHaveBeenCalledWith(keyNumber(21)));
  backend.calls = backend.queue.waiting.map((one) => one.call);
  await user.click(within(row(1)).getByTestId("queue-name"));
  expect((await screen.findByTestId("panel-name")).textContent).toBe("Орлова Дарья");
});

test("for a day it says who closed it and after how long, by colour too", async () => {
  await open("queue/handled");
  await screen.findAllByTestId("queue-row");
  expect(texts("queue-state")).toEqual([
    "вы перезвонили через 9 мин",
    "перезвонил сам через 20 мин",
    "поговорил(а) Кузнецов О. через 4 ч",
    "закрыто вручную через 5 ч",
  ]);
  const tints = all("queue-state").map((one) => one.classList.item(1));
  expect(tints).toEqual(["soon", "again", "late", "old"]);
  expect(backend.last("queue.list")?.filter).toMatchObject({ kind: "handled" });
});

test("several are chosen by Insert and closed together", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Insert}{ArrowDown}{Insert}");
  expect(screen.getByTestId("queue-chosen").textContent).toContain("Выбрано: 2");
  await user.click(screen.getByTestId("queue-chosen-done"));
  await waitFor(() => expect(all("queue-row").length).toBe(3));
  expect(backend.last("queue.done")).toEqual({ ids: [1, 2] });
});

test("a window that was asked for nothing begins here while somebody waits", async () => {
  await open("");
  await screen.findByTestId("queue");
  expect(screen.getByTestId("nav-queue").getAttribute("aria-current")).toBe("page");
});

test("presets and times", () => {
  const monday = new Date(2026, 5, 15, 12, 0).getTime();
  expect(sinceOf("today", monday)).toBe(new Date(2026, 5, 15).getTime());
  expect(sinceOf("workday", monday)).toBe(new Date(2026, 5, 12).getTime());
  expect(sinceOf("workday", new Date(2026, 5, 17).getTime())).toBe(new Date(2026, 5, 16).getTime());
  expect(sinceOf("all", monday)).toBeNull();
  expect(tomorrowAtNine(monday)).toBe(new Date(2026, 5, 16, 9).getTime());
  expect(typed("16.06.2026", "9:05", monday)).toBe(new Date(2026, 5, 16, 9, 5).getTime());
  for (const [day, time] of [
    ["15.06.2026", "11:59"],
    ["31.02.2027", "9:00"],
    ["16.06.2026", "25:00"],
    ["", ""],
  ])
    expect(typed(day ?? "", time ?? "", monday), `${day} ${time}`).toBeNull();
  expect([20, 21, 23 * 60, 23 * 60 + 1].map((min) => soonness(min * 60_000))).toEqual([
    "soon",
    "late",
    "late",
    "old",
  ]);
});
