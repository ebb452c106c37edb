import { screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { Chosen, MOST } from "../src/kit/chosen.svelte";
import { app } from "../src/lib/app.svelte";
import { inParts } from "../src/lib/severally";
import { backend } from "./fake/backend";
import { all, input, open, texts } from "./open";

type User = Awaited<ReturnType<typeof open>>;
const rows = (testid: string) => all(testid).map((row) => row.closest("[role=option]") as HTMLElement);
const chosenOf = (testid: string) =>
  rows(testid).flatMap((row, at) => (row.getAttribute("aria-selected") === "true" ? [at] : []));
const press = async (user: User, keys: string, row: HTMLElement | undefined) => {
  await user.keyboard(`{${keys}>}`);
  await user.click(row as HTMLElement);
  await user.keyboard(`{/${keys}}`);
};
const asked = (name: string) =>
  backend.asked.filter(({ command }) => command === name).map(({ args }) => args);
const clipboard = () => navigator.clipboard.readText();

test("rows are chosen by Ctrl and Shift with a click, by keys, and Esc lets go of them", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  const row = (at: number) => rows("contact-row")[at];
  expect(screen.getByTestId("contacts-list").getAttribute("aria-multiselectable")).toBe("true");
  await press(user, "Control", row(1));
  await press(user, "Control", row(3));
  expect(chosenOf("contact-row")).toEqual([1, 3]);
  expect(screen.queryByTestId("contact-card"), "a row that is chosen is not opened").toBeNull();
  await press(user, "Control", row(3));
  expect(chosenOf("contact-row")).toEqual([1]);
  await press(user, "Shift", row(4));
  expect(chosenOf("contact-row"), "from where the choice began").toEqual([3, 4]);
  await press(user, "Shift", row(1));
  expect(chosenOf("contact-row"), "to the other side, and no more").toEqual([1, 2, 3]);
  expect(screen.getByTestId("contacts-chosen").textContent).toContain("Выбрано: 3");
  expect(screen.getAllByRole("status").map((one) => one.textContent)).toContain("Выбрано: 3");
  await user.keyboard("{Escape}");
  expect(chosenOf("contact-row")).toEqual([]);
  expect(screen.queryByTestId("contacts-chosen")).toBeNull();

  await user.keyboard("{Home}{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
  expect(chosenOf("contact-row")).toEqual([0, 1, 2]);
  await user.keyboard("{Shift>}{ArrowUp}{/Shift}");
  expect(chosenOf("contact-row")).toEqual([0, 1]);
  await user.keyboard("{Control>}a{/Control}");
  expect(chosenOf("contact-row")).toHaveLength(all("contact-row").length);
  await user.keyboard("{Insert}");
  expect(chosenOf("contact-row")).toHaveLength(all("contact-row").length - 1);
  await user.type(input("contacts-search"), "а");
  await waitFor(() => expect(screen.queryByTestId("contacts-chosen"), "another question").toBeNull());
});

test("calls: numbers and a table are copied, a tag is written and taken back", async () => {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await press(user, "Control", rows("call-row")[0]);
  await press(user, "Control", rows("call-row")[1]);
  const shown = texts("call-number").slice(0, 2);
  await user.keyboard("{Control>}c{/Control}");
  await waitFor(async () => expect(await clipboard()).toBe(shown.join("\n")));
  expect(app.message?.text).toBe("Скопированы 2 номера");
  await user.click(screen.getByTestId("calls-chosen-table"));
  await waitFor(async () => expect((await clipboard()).split("\r\n")).toHaveLength(3));
  const [heads = "", first = ""] = (await clipboard()).split("\r\n");
  expect(heads.split("\t")).toHaveLength(6);
  expect(first.split("\t")[1], "no formula").toBe(`'${shown[0]}`);

  await user.click(screen.getByTestId("calls-chosen-tag"));
  await user.type(await screen.findByTestId("tag-name"), " опт ");
  await user.click(screen.getByTestId("tag-yes"));
  await waitFor(() => expect(app.message?.text).toBe("Метка «опт» поставлена: 2"));
  const tagged = asked("notes.save").map(({ written }) => (written as { tags: string[] }).tags);
  expect(tagged.every((tags) => tags.includes("опт"))).toBe(true);
  expect(screen.queryByTestId("calls-chosen"), "done with them").toBeNull();
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.times("notes.save")).toBe(4));
  const after = asked("notes.save").slice(2);
  expect(after.every(({ written }) => !(written as { tags: string[] }).tags.includes("опт"))).toBe(true);
});

test("calls: the chosen ones alone go into a file, and who is gone meanwhile is told", async () => {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await press(user, "Control", rows("call-row")[2]);
  await press(user, "Control", rows("call-row")[0]);
  const ids = [2, 0].map((at) => backend.calls[at]?.id);
  await user.click(await screen.findByTestId("calls-chosen-file"));
  await user.click(await screen.findByTestId("calls-file-csv_1251"));
  await user.click(screen.getByTestId("calls-file-yes"));
  await waitFor(() => expect(backend.last("calls.save")).toMatchObject({ ids, cyrillic: true }));
  await waitFor(() => expect(app.message?.text).toMatch(/^Файл записан: .*csv$/));
  expect(chosenOf("call-row"), "they are still chosen").toEqual([0, 2]);

  backend.calls = backend.calls.filter((one) => one.id !== ids[0]);
  await user.click(screen.getByTestId("calls-chosen-file"));
  await user.click(await screen.findByTestId("calls-file-yes"));
  await waitFor(() => expect(app.message?.text).toContain("В нём 1 из 2: остальных больше нет."));
});

test("contacts: the chosen ones alone go into a file of either kind", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  await user.type(input("contacts-search"), "а");
  await waitFor(() => expect(backend.last("contacts.list")).toMatchObject({ query: "а" }));
  await screen.findAllByTestId("contact-row");
  await press(user, "Control", rows("contact-row")[1]);
  await user.click(await screen.findByTestId("contacts-chosen-file"));
  await user.click(await screen.findByTestId("contacts-file-csv"));
  await user.click(screen.getByTestId("contacts-file-yes"));
  const id = Number(all("contact-row")[1]?.dataset.contact);
  await waitFor(() =>
    expect(backend.last("contacts.export")).toEqual({ format: "csv", query: "а", ids: [id] }),
  );
  await waitFor(() => expect(app.message?.text).toMatch(/^Файл записан: .*csv$/));

  await user.click(screen.getByTestId("contacts-export"));
  await user.click(await screen.findByTestId("contacts-export-vcard"));
  await waitFor(() => expect(backend.last("contacts.export")).toMatchObject({ format: "vcard", ids: null }));
});

test("calls: those who missed us leave the queue together, and come back", async () => {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  const waiting = rows("call-row").filter((row) => row.querySelector("[data-testid=call-to-call-back]"));
  expect(waiting.length).toBeGreaterThan(0);
  for (const row of waiting) await press(user, "Control", row);
  await user.click(await screen.findByTestId("calls-chosen-done"));
  await waitFor(() => expect(backend.times("queue.done")).toBe(1));
  const { ids } = backend.last("queue.done") as { ids: number[] };
  expect(ids.length).toBeGreaterThan(0);
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.last("queue.undo")).toEqual({ ids }));
});

test("contacts: several get a tag, are deleted and come back whole", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  const before = structuredClone(backend.contacts);
  await press(user, "Control", rows("contact-row")[0]);
  await press(user, "Control", rows("contact-row")[2]);
  await user.click(screen.getByTestId("contacts-chosen-tag"));
  await user.type(await screen.findByTestId("tag-name"), "ярмарка{Enter}");
  await waitFor(() => expect(app.message?.text).toBe("Метка «ярмарка» поставлена: 2"));
  expect(backend.contacts.filter((one) => one.about.tags.includes("ярмарка"))).toHaveLength(2);
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(app.message?.text).toBe("Отменено"));
  expect(backend.contacts.flatMap((one) => one.about.tags)).not.toContain("ярмарка");

  await press(user, "Control", rows("contact-row")[0]);
  await press(user, "Control", rows("contact-row")[2]);
  await user.keyboard("{Delete}");
  expect(await screen.findByText("Удалить контакты: 2?")).toBeTruthy();
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(backend.contacts).toHaveLength(before.length - 2));
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.contacts).toHaveLength(before.length));
  const whole = (list: typeof before) =>
    list
      .map(({ id, name, company, email, about, numbers }) =>
        JSON.stringify({ id, name, company, email, about, numbers }),
      )
      .sort();
  expect(whole(backend.contacts)).toEqual(whole(before));
});

test("a work that fails in the middle says how far it came, and that much is taken back", async () => {
  const chosen = new Chosen<number>(String);
  chosen.all([1, 2, 3]);
  const there = new Set<number>();
  await chosen.each(
    async (one) => {
      if (one === 3) throw { code: "disk_full", detail: null };
      there.add(one);
      return async () => there.delete(one);
    },
    (n) => `Готово: ${n}`,
  );
  expect(app.message?.bad).toBe(true);
  expect(app.message?.text).toMatch(/^Готово: 2 из 3, дальше не вышло\. ./);
  expect(chosen.rows, "who was not come to").toEqual([3]);
  app.message?.undo?.();
  await waitFor(() => expect(there.size).toBe(0));
});

test("what cannot be taken back at once can be tried again, and the rest is taken back", async () => {
  const chosen = new Chosen<number>(String);
  chosen.all([1, 2, 3, 4]);
  const there = new Set<number>();
  let locked = true;
  await chosen.each(
    async (one) => {
      there.add(one);
      return async () => {
        if (one === 4) throw { code: "not_found", detail: null };
        if (one === 2 && locked) throw { code: "storage", detail: null };
        there.delete(one);
      };
    },
    (n) => `Готово: ${n}`,
  );
  app.message?.undo?.();
  await waitFor(() => expect(app.message?.bad).toBe(true));
  expect([...there], "4 is gone anyhow").toEqual([2, 4]);
  expect(app.message?.text).toMatch(/^Отменено: 3\/4\. ./);
  locked = false;
  app.message?.undo?.();
  await waitFor(() => expect(app.message?.text).toBe("Отменено"));
  expect([...there]).toEqual([4]);
});

test("who is gone meanwhile ends no work, and only what was done is counted", async () => {
  const chosen = new Chosen<number>(String);
  chosen.all([1, 2, 3, 4]);
  await chosen.each(
    async (one) => {
      if (one === 1) throw { code: "not_found", detail: null };
      return one === 2 ? null : true;
    },
    (n) => `Готово: ${n}`,
  );
  expect(app.message).toMatchObject({ text: "Готово: 2", bad: false, undo: undefined });
  expect(chosen.size).toBe(0);
});

test("letting go while a work goes on lets go once it has ended", async () => {
  const chosen = new Chosen<number>(String);
  chosen.all([1, 2]);
  const working = chosen.each(
    async () => {
      chosen.clear();
      throw { code: "storage", detail: null };
    },
    () => "",
  );
  expect(chosen.size).toBe(2);
  await working;
  expect(chosen.size).toBe(0);
});

test("a range begins anew once nothing is chosen, and adds where its beginning is listed no longer", () => {
  const chosen = new Chosen<number>(String);
  chosen.toggle(1);
  chosen.toggle(1);
  chosen.reach([1, 2, 3, 4], 4, "3");
  expect(chosen.rows).toEqual([3, 4]);
  chosen.clear();
  chosen.toggle(1);
  chosen.follow([2, 3, 4], true);
  chosen.reach([2, 3, 4], 4, "3");
  expect(chosen.rows).toEqual([3, 4]);
  chosen.clear();
  chosen.toggle(9);
  chosen.reach([1, 2, 3], 2, null);
  expect(chosen.rows, "9 is not in this part of the list").toEqual([9, 2]);
  chosen.reach([1, 2, 3], 3, null);
  expect(chosen.rows).toEqual([2, 3]);
});

test("one thing at a time is done with the chosen rows", async () => {
  const chosen = new Chosen<number>(String);
  let [go, begun] = [() => undefined as void, 0];
  const work = () => {
    begun++;
    return new Promise<void>((done) => (go = done));
  };
  const first = chosen.deed(work);
  expect(chosen.busy).toBe(true);
  await chosen.deed(work);
  expect(begun).toBe(1);
  go();
  await first;
  expect(chosen.busy).toBe(false);
  await expect(chosen.deed(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(chosen.busy, "also after a failure").toBe(false);
});

test("the queue is changed so many at once as the app takes, and what was not done is told", async () => {
  const ids = Array.from({ length: 1200 }, (_, id) => id);
  const sizes: number[] = [];
  expect(await inParts(ids, async (part) => sizes.push(part.length))).toEqual({
    done: ids,
    rest: [],
    failure: null,
  });
  expect(sizes).toEqual([500, 500, 200]);
  const storage = { code: "storage", detail: null };
  const ended = await inParts(ids, async (part) => {
    if (part[0]) throw storage;
  });
  expect([ended.done.length, ended.rest[0], ended.failure]).toEqual([500, 500, storage]);
});

test("the bar stays while a work goes on, no other is begun, and leaving the page ends it", async () => {
  const user = await open("notifications");
  await screen.findAllByTestId("notification-row");
  backend.silent.add("notices.seen");
  const at = backend.notifications.findIndex((one) => !one.seen);
  await press(user, "Control", rows("notification-row")[at]);
  await user.click(await screen.findByTestId("notifications-chosen-seen"));
  await screen.findByTestId("notifications-chosen-progress");
  await press(user, "Control", rows("notification-row")[at]);
  expect(chosenOf("notification-row")).toEqual([]);
  expect(screen.getByTestId("notifications-chosen-progress")).toBeTruthy();
  const stopped = vi.spyOn(Chosen.prototype, "stop");
  await user.click(screen.getByTestId("nav-calls"));
  await waitFor(() => expect(stopped).toHaveBeenCalled());
});

test("a work goes on in sight also where the list is empty by now", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  backend.silent.add("contacts.delete");
  await press(user, "Control", rows("contact-row")[0]);
  await user.click(await screen.findByTestId("contacts-chosen-remove"));
  await user.click(await screen.findByTestId("confirm-yes"));
  await screen.findByTestId("contacts-chosen-progress");
  await user.type(input("contacts-search"), "щщщ");
  await waitFor(() => expect(all("contact-row")).toEqual([]));
  expect(await screen.findByTestId("contacts-chosen-stop")).toBeTruthy();
});

test("contacts are made one once, however often one presses", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  backend.silent.add("contacts.merge");
  await press(user, "Control", rows("contact-row")[0]);
  await press(user, "Control", rows("contact-row")[2]);
  await user.click(await screen.findByTestId("contacts-chosen-merge"));
  expect(screen.getByTestId("contacts-chosen-merge").getAttribute("aria-disabled")).toBe("true");
  await user.click(screen.getByTestId("contacts-chosen-merge"));
  screen.getByTestId("contacts-list").focus();
  await user.keyboard("{Delete}");
  expect(backend.times("contacts.merge")).toBe(1);
  expect(screen.queryByTestId("confirm-yes")).toBeNull();
});

test("a long work tells how far it is and can be stopped", async () => {
  const chosen = new Chosen<number>(String);
  chosen.all([1, 2, 3]);
  const steps: (() => void)[] = [];
  const told: unknown[] = [];
  const working = chosen.each(
    async () => {
      told.push(chosen.progress);
      await new Promise<void>((go) => steps.push(go));
      return async () => undefined;
    },
    (n) => `Готово: ${n}`,
  );
  steps[0]?.();
  await vi.waitFor(() => expect(steps).toHaveLength(2));
  chosen.follow([2, 3], true);
  expect(chosen.size, "not while it works").toBe(3);
  chosen.stop();
  steps[1]?.();
  await working;
  expect(told).toEqual([
    { done: 0, all: 3 },
    { done: 1, all: 3 },
  ]);
  expect(app.message?.text).toBe("Готово: 2");
  expect([chosen.progress, chosen.rows]).toEqual([null, [3]]);
});

test("no more are chosen than can be dealt with, and who is gone is chosen no longer", () => {
  const chosen = new Chosen<{ id: number; name?: string }>((one) => String(one.id));
  chosen.all(Array.from({ length: MOST + 5 }, (_, id) => ({ id })));
  expect(chosen.size).toBe(MOST);
  chosen.follow([{ id: 1, name: "new" }], false);
  expect(chosen.size, "the others may be further down").toBe(MOST);
  chosen.follow([{ id: 1, name: "new" }], true);
  expect(chosen.rows).toEqual([{ id: 1, name: "new" }]);
});

test("notifications: the chosen ones are marked as seen", async () => {
  const user = await open("notifications");
  await screen.findAllByTestId("notification-row");
  screen.getByTestId("notifications-list").focus();
  await user.keyboard("{Control>}a{/Control}");
  const unseen = backend.notifications.filter((one) => !one.seen).length;
  expect(unseen).toBeGreaterThan(0);
  await user.click(await screen.findByTestId("notifications-chosen-seen"));
  await waitFor(() => expect(backend.times("notices.seen")).toBe(unseen));
  expect(backend.notifications.every((one) => one.seen)).toBe(true);
  await waitFor(() => expect(app.message?.text).toBe(`Отмечено просмотренными: ${unseen}`));
});

test("queue: several are taken at once, each told to the relay, and given back at once", async () => {
  const user = await open("queue");
  await screen.findAllByTestId("queue-row");
  screen.getByTestId("queue-list").focus();
  await user.keyboard("{Home}{Shift>}{ArrowDown}{/Shift}t");
  await waitFor(() => expect(asked("queue.claim").map(({ id }) => id)).toEqual([1, 2]));
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() =>
    expect(asked("queue.claim").slice(2)).toEqual([
      { id: 2, minutes: 0 },
      { id: 1, minutes: 0 },
    ]),
  );
});
