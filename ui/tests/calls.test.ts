import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { backend } from "./fake/backend";
import { call, keyNumber, many, shownNumber } from "./fake/data";
import { all, open, texts } from "./open";

const row = (index: number) => all("call-row")[index] as HTMLElement;

test("a call's row tells who, which number, what became of it, how long, and that there is a document", async () => {
  backend.calls = [call({ talkMs: 221_000 })];
  await open("calls");
  const line = within(await screen.findByTestId("call-row"));
  expect(line.getByTestId("call-name").textContent).toBe("Орлова Дарья");
  expect(line.getByTestId("call-number").textContent).toBe(shownNumber(11));
  expect(line.getByTestId("call-line").textContent).toBe("Отдел продаж");
  expect(line.getByTestId("call-status").textContent).toBe("Принят");
  expect(line.getByTestId("call-duration").textContent).toBe("03:41");
  expect(line.getByRole("img", { name: "Есть документ" })).toBeTruthy();
  expect(backend.title).toBe("Журнал — Перезвон");
});

test("days head the list", async () => {
  vi.useFakeTimers({ now: new Date("2026-06-15T09:00:00.000Z"), toFake: ["Date"] });
  backend.calls = ["2026-06-15T08:00:00.000Z", "2026-06-14T08:00:00.000Z", "2019-01-31T07:32:49.000Z"].map(
    (startedAt, n) => call({ id: `d${n}`, startedAt }),
  );
  const { app } = await import("../src/lib/app.svelte");
  app.now = Date.now();
  await open("calls");
  await waitFor(() => expect(texts("call-day")).toEqual(["Сегодня", "Вчера", "31.01.2019"]));
});

test("loading, empty and failed lists each say so, and a failure can be tried again", async () => {
  backend.silent.add("calls.list");
  const user = await open("calls");
  expect(await screen.findByTestId("skeleton")).toBeTruthy();
  backend.silent.clear();
  backend.calls = [];
  await user.click(screen.getByTestId("filter-missed"));
  expect((await screen.findByText("Пропущенных звонков нет.")).closest("[data-testid=empty]")).toBeTruthy();
  await user.click(screen.getByTestId("filter-missed"));
  await screen.findByText("Звонков пока нет. Сделайте тестовый звонок на свой номер.");
});

test("a first reading that fails shows the reason and recovers", async () => {
  backend.fails["calls.list"] = { code: "timeout", detail: null };
  const user = await open("calls");
  expect((await screen.findByTestId("failure")).textContent).toContain("Ответа нет слишком долго");
  backend.fails = {};
  await user.click(screen.getByTestId("retry"));
  expect((await screen.findAllByTestId("call-row")).length).toBe(backend.calls.length);
});

test("an incoming call appears on top at once, is announced, and changes in its place", async () => {
  backend.calls = [call({ id: "old" })];
  await open("calls");
  await screen.findByTestId("call-row");
  const ringing = call({
    id: "new",
    outcome: "ringing",
    name: null,
    contactId: null,
    talkMs: null,
    startedAt: new Date().toISOString(),
  });
  backend.calls = [ringing, ...backend.calls];
  backend.changed({ calls: ["new"], ringing: ["new"] });
  await waitFor(() => expect(row(0).dataset.call).toBe("new"));
  const said = `Входящий звонок: Неизвестный номер, ${shownNumber(11)}, Отдел продаж`;
  await waitFor(() => expect(screen.getByTestId("ringing").textContent).toBe(said));
  backend.calls = [
    { ...ringing, outcome: "answered_by", answeredBy: "Смирнова Анна" },
    ...backend.calls.slice(1),
  ];
  backend.changed({ calls: ["new"] });
  await waitFor(() => expect(texts("call-status")[0]).toBe("Ответил: Смирнова А."));
  await waitFor(() => expect(screen.getByTestId("ringing").textContent).toBe(""));
});

test("an incoming call is announced on every page, by the contact's name, the number and the line", async () => {
  await open("contacts");
  await screen.findAllByTestId("contact-row");
  backend.calls = [call({ id: "new", outcome: "ringing", talkMs: null }), ...backend.calls];
  backend.changed({ calls: ["new"], ringing: ["new"] });
  const said = `Входящий звонок: Орлова Дарья, ${shownNumber(11)}, Отдел продаж`;
  await waitFor(() => expect(screen.getByTestId("ringing").textContent).toBe(said));
  expect(screen.getByTestId("ringing").getAttribute("aria-live")).toBe("assertive");
});

test("search and chips ask the app, and the words of the search reach it trimmed", async () => {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  await user.type(screen.getByTestId("calls-search"), " лебедев");
  await waitFor(() =>
    expect(backend.last("calls.list")).toMatchObject({
      filter: { marks: [], query: "лебедев", abonent: null },
      cursor: null,
    }),
  );
  await waitFor(() => expect(texts("call-name")).toEqual(["Лебедев Антон"]));
  await user.clear(screen.getByTestId("calls-search"));
  await user.click(screen.getByTestId("filter-missed"));
  await waitFor(() =>
    expect(backend.last("calls.list")).toMatchObject({ filter: { marks: ["missed"], query: "" } }),
  );
});

test("a list of 10,000 calls, read to its end, keeps only the visible rows in the page", async () => {
  backend.calls = many(10_000);
  await open("calls");
  await screen.findAllByTestId("call-row");
  const scroll = screen.getByTestId("calls-list-scroll");
  // To the end, page by page, as far as one may pull the bar each time.
  for (let page = 1; page < 100; page++) {
    scroll.scrollTop = 1e9;
    scroll.dispatchEvent(new Event("scroll"));
    await waitFor(() => expect(backend.times("calls.list")).toBe(page + 1));
  }
  scroll.scrollTop = 10_000 * 48;
  scroll.dispatchEvent(new Event("scroll"));
  await waitFor(() => expect(texts("call-number").at(-1)).toBe(backend.calls.at(-1)?.number ?? ""));
  expect(all("call-row").length).toBeLessThan(60);
});

test("one changed call among 3,000 loaded rows is one question, and a call of others is none", async () => {
  backend.calls = many(3_000);
  await open("calls");
  await screen.findAllByTestId("call-row");
  const scroll = screen.getByTestId("calls-list-scroll");
  for (let page = 1; page < 30; page++) {
    scroll.scrollTop = 1e9;
    scroll.dispatchEvent(new Event("scroll"));
    await waitFor(() => expect(backend.times("calls.list")).toBe(page + 1));
  }
  await waitFor(() => expect(texts("call-number").at(-1)).toBe(backend.calls.at(-1)?.number ?? ""));
  const last = backend.calls.at(-1);
  if (!last) throw new Error("no calls");
  const before = backend.asked.length;
  backend.calls = [...backend.calls.slice(0, -1), { ...last, name: "Ветров Илья" }];
  backend.changed({ calls: [last.id] });
  await waitFor(() => expect(texts("call-name")).toContain("Ветров Илья"));
  expect(backend.asked.slice(before).map((one) => [one.command, one.args.ids])).toEqual([
    ["calls.rows", [last.id]],
  ]);
  backend.changed({ calls: ["far away"], contacts: [7], notices: [7], documents: [7] });
  await Promise.resolve();
  expect(backend.asked.length, "the first page is not shown").toBe(before + 1);
});

test("the figures come with the change: no badge asks for them", async () => {
  await open("contacts");
  await screen.findAllByTestId("contact-row");
  const before = backend.asked.length;
  backend.changed({ callbacks: true, counts: { toCallBack: 41, unseen: 17 } });
  await waitFor(() => expect(screen.getByTestId("nav-queue").textContent).toContain("41"));
  expect(screen.getByTestId("nav-notifications").textContent).toContain("17");
  expect(backend.asked.length).toBe(before);
});

test("a row that the filter no longer lists goes, and a named one changes its name in place", async () => {
  const waiting = call({ id: "w", toCallBack: true, outcome: "missed", name: null });
  backend.calls = [waiting, call({ id: "b", outcome: "missed" })];
  await open("calls/missed");
  await waitFor(() => expect(all("call-row").length).toBe(2));
  backend.calls = [{ ...waiting, name: "Ветров Илья" }, ...backend.calls.slice(1)];
  backend.changed({ numbers: [waiting.numberKey ?? ""], contacts: [9] });
  await waitFor(() => expect(texts("call-name")[0]).toBe("Ветров Илья"));
  backend.calls = [{ ...waiting, outcome: "ended" }, ...backend.calls.slice(1)];
  backend.changed({ calls: ["w"] });
  await waitFor(() => expect(all("call-row").map((row) => row.dataset.call)).toEqual(["b"]));
});

test("arrows move, Enter calls, the right arrow opens, Ctrl+C copies the E.164 number, Ctrl+F searches", async () => {
  backend.calls = [call({ id: "a" }), call({ id: "b", name: "Тихонов Лев", numberKey: keyNumber(15) })];
  const user = await open("calls");
  const written = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
  await screen.findAllByTestId("call-row");
  await user.keyboard("{Control>}f{/Control}");
  expect(document.activeElement).toBe(screen.getByTestId("calls-search"));
  await user.keyboard("{ArrowDown}{ArrowDown}");
  const list = screen.getByTestId("calls-list");
  expect(document.activeElement).toBe(list);
  const marked = document.getElementById(list.getAttribute("aria-activedescendant") ?? "");
  expect(marked?.querySelector("[data-testid=call-row]")?.getAttribute("data-call")).toBe("b");
  await user.keyboard("{Control>}c{/Control}");
  await waitFor(() => expect(written).toHaveBeenCalledWith(keyNumber(15)));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(15) }));
  expect(window.location.hash, "the row is called, not opened").toBe("#/calls");
  await user.keyboard("{ArrowRight}");
  expect((await screen.findByTestId("panel-name")).textContent).toBe("Тихонов Лев");
  expect(window.location.hash).toBe("#/call/b");
  expect(backend.title).toBe("Тихонов Лев — Перезвон");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(window.location.hash).toBe("#/calls"));
});

test("a row's own button calls and does not open the row; a bare / is typed, it is no shortcut", async () => {
  backend.calls = [call({ id: "a", numberKey: keyNumber(15) })];
  const user = await open("calls");
  await user.click(await screen.findByTestId("row-call"));
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(15) }));
  expect(window.location.hash).toBe("#/calls");
  await user.keyboard("/");
  expect(document.activeElement).not.toBe(screen.getByTestId("calls-search"));
});

test("the list box holds options only; another room takes the focus, and the link past the rail too", async () => {
  backend.calls = many(30);
  const user = await open("calls");
  const list = await screen.findByTestId("calls-list");
  expect(list.querySelectorAll("button, a, input")).toHaveLength(0);
  screen.getByTestId("nav-contacts").focus();
  await user.click(screen.getByTestId("nav-contacts"));
  await waitFor(() => expect(document.activeElement?.id).toBe("main"));
  await user.click(screen.getByTestId("skip"));
  expect(document.activeElement?.id).toBe("main");
  expect(window.location.hash).toBe("#/contacts");
});

test("the app's «navigate» opens the record, as a click on a toast does", async () => {
  await open("calls");
  backend.emit("navigate", "document/40");
  expect((await screen.findByTestId("document-number")).textContent).toBe("000000040");
  backend.emit("navigate", "contact/3");
  expect((await screen.findByTestId("contact-name")).textContent).toBe("Лебедев Антон");
});

test("a click from before the window listened leads where it wanted", async () => {
  backend.route = "document/40";
  await open("calls");
  expect((await screen.findByTestId("document-number")).textContent).toBe("000000040");
  expect(backend.route).toBeNull();
});

test("the route names the PBX's nameless parts once, however many there were in a row", async () => {
  await open("call/01J00000000000000000000002");
  await screen.findAllByTestId("panel-leg");
  const route = texts("panel-leg");
  expect(route.filter((leg) => leg.includes("АТС")).length).toBe(1);
  expect(route[0]).toContain("Голосовое меню");
  expect(route[2]).toContain("Кузнецов Олег");
});

test("«Позвонить» orders one call however often it is pressed, and says to pick up", async () => {
  const user = await open("call/01J00000000000000000000004");
  const button = await screen.findByTestId("panel-call");
  await user.dblClick(button);
  expect(backend.times("calls.call_back")).toBe(1);
  expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(11) });
  expect((await screen.findByTestId("message")).textContent).toContain("Снимите трубку");
});

test("a call of which the PBX did not say whether it was placed is never repeated by the window", async () => {
  backend.fails["calls.call_back"] = { code: "call_unknown", detail: null };
  const user = await open("call/01J00000000000000000000004");
  await user.click(await screen.findByTestId("panel-call"));
  const message = await screen.findByTestId("message-bad");
  expect(message.textContent).toContain("АТС не ответила, начат ли звонок");
  expect(within(message).queryByText("Повторить")).toBeNull();
  expect(backend.times("calls.call_back")).toBe(1);
});

test("an unknown number offers both ways equally; a withheld one offers none", async () => {
  const user = await open("call/01J00000000000000000000002");
  const create = await screen.findByTestId("panel-create");
  expect(create.className.trim()).toBe(screen.getByTestId("panel-attach").className.trim());
  expect(screen.queryByTestId("panel-card")).toBeNull();
  await user.click(screen.getByTestId("panel-attach"));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("attach-search")));
  await user.keyboard("тихон");
  await waitFor(() => expect(all("attach-contact").length).toBe(1));
  await user.click(screen.getByTestId("attach-contact"));
  await waitFor(() =>
    expect(backend.last("contacts.attach_number")).toEqual({ id: 5, number: keyNumber(21), label: "" }),
  );
  expect((await screen.findByTestId("message")).textContent).toContain("Тихонов Лев");
  expect(screen.queryByTestId("attach-dialog")).toBeNull();
  backend.emit("navigate", "call/01J00000000000000000000008");
  await waitFor(() => expect(screen.getByTestId("panel-name").textContent).toBe("Номер скрыт"));
  expect(screen.queryByTestId("panel-call")).toBeNull();
  expect(screen.queryByTestId("panel-create")).toBeNull();
});

test("an attachment that fails says why and keeps the dialog", async () => {
  backend.fails["contacts.attach_number"] = { code: "not_found", detail: null };
  const user = await open("call/01J00000000000000000000002");
  await user.click(await screen.findByTestId("panel-attach"));
  await user.click((await screen.findAllByTestId("attach-contact"))[0] as HTMLElement);
  const dialog = within(screen.getByTestId("attach-dialog"));
  expect((await dialog.findByTestId("failure")).dataset.code).toBe("not_found");
});

test("a number of several contacts shows the candidates and never guesses", async () => {
  await open("call/01J00000000000000000000014");
  await screen.findByTestId("panel-name");
  expect(texts("panel-candidate")).toEqual(["Орлова Дарья", "Орлов Максим"]);
  expect(screen.queryByTestId("panel-card")).toBeNull();
  expect(screen.queryByTestId("panel-create")).toBeNull();
});

test("a call that is gone says so", async () => {
  await open("call/none");
  const panel = within(await screen.findByTestId("call-panel"));
  expect((await panel.findByTestId("failure")).textContent).toContain("не найдена");
});

test("an administrator with the company's calls looks at any abonent's, and at their view of a call", async () => {
  backend.companyCalls = { wanted: true, whole: true, percent: 100, trouble: null };
  const user = await open("#/calls");
  await screen.findAllByTestId("call-row");
  await user.click(await screen.findByTestId("calls-whose"));
  await user.click((await screen.findAllByTestId("calls-whose-option"))[1] as HTMLElement);
  const asked = () => backend.last("calls.list")?.["filter"] as { abonent: string | null };
  await waitFor(() => expect(asked().abonent).toBe("9000000002@mpbx.sip.beeline.ru"));
  await waitFor(() => expect(all("call-row").length).toBeGreaterThan(0));
  await user.click(all("call-row")[0] as HTMLElement);
  await screen.findByTestId("call-panel");
  await waitFor(() =>
    expect(backend.last("calls.one")).toMatchObject({ abonent: "9000000002@mpbx.sip.beeline.ru" }),
  );
  expect(window.location.hash).toContain("abonent=9000000002");
});
