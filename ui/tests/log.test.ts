import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { toggled } from "../src/rooms/calls/columns";
import { backend } from "./fake/backend";
import { call, keyNumber } from "./fake/data";
import { all, open, texts } from "./open";

const row = (index: number) => all("call-row")[index] as HTMLElement;
const asked = () => backend.last("calls.list")?.filter;

test("marks combine; one that excludes another takes its place", async () => {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await user.click(screen.getByTestId("filter-missed"));
  await user.click(screen.getByTestId("filter-unregistered"));
  await waitFor(() => expect(asked()).toMatchObject({ marks: ["missed", "unregistered"] }));
  await user.click(screen.getByTestId("filter-outgoing"));
  await waitFor(() => expect(asked()).toMatchObject({ marks: ["unregistered", "outgoing"] }));
  expect(toggled(["incoming", "recorded"], "lost")).toEqual(["incoming", "recorded", "lost"]);
  expect(toggled(["incoming", "recorded"], "recorded")).toEqual(["incoming"]);
});

test("a filter is kept by a name, chosen and deleted", async () => {
  const user = await open("calls/missed");
  await screen.findAllByTestId("call-row");
  await user.click(screen.getByTestId("calls-kept"));
  await user.click(await screen.findByTestId("calls-kept-keep"));
  await user.type(await screen.findByTestId("calls-keep-name"), "Мои пропущенные");
  await user.click(screen.getByTestId("calls-keep-yes"));
  await waitFor(() => expect(backend.kept.saved.map((one) => one.name)).toEqual(["Мои пропущенные"]));
  expect(backend.kept.saved[0]?.filter).toMatchObject({ marks: ["missed"], query: "" });
  await user.click(screen.getByTestId("calls-kept"));
  await user.click(await screen.findByTestId("calls-kept-all"));
  await waitFor(() => expect(asked()).toMatchObject({ marks: [] }));
  await user.click(screen.getByTestId("calls-kept"));
  await user.click(await screen.findByTestId("calls-kept-0"));
  await waitFor(() => expect(asked()).toMatchObject({ marks: ["missed"] }));
  await user.click(screen.getByTestId("calls-kept"));
  await user.click(await screen.findByTestId("calls-kept-unkeep"));
  await waitFor(() => expect(backend.kept.saved).toEqual([]));
});

test("filters that could not be read are not overwritten, and one that was not kept is not shown", async () => {
  const mine = {
    name: "Мой",
    filter: { query: "", marks: ["lost" as const], waiting: false, oldestFirst: false, abonent: null },
  };
  backend.kept = { ...backend.kept, saved: [mine] };
  backend.fails["calls.kept"] = { code: "timeout", detail: null };
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await user.click(await screen.findByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-view"));
  await screen.findByTestId("message-bad");
  expect(backend.times("calls.keep")).toBe(0);
  backend.fails = { "calls.keep": { code: "too_long", detail: null } };
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-view"));
  await waitFor(() => expect(backend.times("calls.keep")).toBe(1));
  expect(backend.last("calls.keep")?.["kept"]).toMatchObject({ saved: [mine], table: true });
  await waitFor(() => expect(all("call-heads"), "it was refused").toEqual([]));
});

test("as a table it has the manual's seven columns, others are chosen, and the oldest may come first", async () => {
  backend.calls = [
    call({ id: "b", talkMs: 221_400, startedAt: "2026-01-31T07:32:49.000Z" }),
    call({
      id: "a",
      outcome: "no_answer",
      direction: "outgoing",
      talkMs: null,
      startedAt: "2026-01-30T07:00:00.000Z",
    }),
  ];
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-view"));
  const heads = await screen.findByTestId("call-heads");
  expect([...heads.children].map((one) => one.textContent?.trim())).toEqual([
    "Дата ↓",
    "Номер вызова",
    "Входящий",
    "Пропущенный",
    "Продолж., сек.",
    "Физическое лицо",
    "Идентификатор абонента",
  ]);
  expect(within(row(0)).getByTestId("call-cell-seconds").textContent?.trim()).toBe("221");
  expect(within(row(0)).getByTestId("call-cell-incoming").querySelector("svg")).toBeTruthy();
  expect(
    within(row(1)).getByTestId("call-cell-missed").querySelector("svg"),
    "as in the manual",
  ).toBeTruthy();
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-columns"));
  await user.click(await screen.findByTestId("calls-column-status"));
  await user.click(screen.getByTestId("calls-column-abonent"));
  await waitFor(() =>
    expect(backend.kept).toMatchObject({
      table: true,
      columns: ["date", "number", "incoming", "missed", "seconds", "person", "status"],
    }),
  );
  await user.keyboard("{Escape}");
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-order"));
  await waitFor(() => expect(asked()).toMatchObject({ oldestFirst: true }));
  await waitFor(() => expect(row(0).dataset.call).toBe("a"));
});

test("what is shown goes into a file and on paper", async () => {
  const user = await open("calls/missed");
  await screen.findAllByTestId("call-row");
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-file"));
  await user.click(await screen.findByTestId("calls-file-csv_1251"));
  await user.click(screen.getByTestId("calls-file-yes"));
  await waitFor(() =>
    expect(backend.last("calls.save")).toMatchObject({
      filter: { marks: ["missed"] },
      ids: null,
      cyrillic: true,
      columns: ["date", "number", "person", "status", "seconds", "line"],
    }),
  );
  expect((await screen.findByTestId("message")).textContent).toContain("Журнал звонков");
  let paper = "";
  vi.stubGlobal("print", () => (paper = screen.getByTestId("calls-printed").textContent ?? ""));
  await user.click(screen.getByTestId("calls-view"));
  await user.click(await screen.findByTestId("calls-view-print"));
  await waitFor(() => expect(paper).toContain("Пропущен"));
  vi.unstubAllGlobals();
});

test("Enter calls, the right arrow opens, and a lost call says so", async () => {
  backend.calls = [call({ id: "a", outcome: "missed", lost: true, talkMs: null })];
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  expect(texts("call-status")).toEqual(["Потерян"]);
  screen.getByTestId("calls-list").focus();
  await user.keyboard("{Home}{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(11) }));
  await user.keyboard("{ArrowRight}");
  expect(await screen.findByTestId("panel-name")).toBeTruthy();
  await user.keyboard("n");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("written-note")));
});

test("who comes back to the page finds its filter, its rows and the place where they were", async () => {
  backend.calls = Array.from({ length: 300 }, (_, n) => call({ id: `c${n}`, outcome: "missed" }));
  const user = await open("calls/missed");
  await screen.findAllByTestId("call-row");
  const scroll = () => screen.getByTestId("calls-list-scroll");
  scroll().scrollTop = 2_000;
  scroll().dispatchEvent(new Event("scroll"));
  await user.click(screen.getByTestId("nav-contacts"));
  await screen.findAllByTestId("contact-row");
  backend.calls = backend.calls.map((one) => (one.id === "c40" ? { ...one, name: "Ветров Илья" } : one));
  await user.click(screen.getByTestId("nav-calls"));
  await screen.findAllByTestId("call-row");
  await waitFor(() => expect(scroll().scrollTop).toBe(2_000));
  await waitFor(() => expect(texts("call-name"), "and what has changed meanwhile").toContain("Ветров Илья"));
  expect(asked()).toMatchObject({ marks: ["missed"] });
  expect(screen.getByTestId("filter-missed").querySelector("input")?.checked).toBe(true);
  await user.click(screen.getByTestId("filter-missed"));
  await waitFor(() => expect(scroll().scrollTop).toBe(0));
});
