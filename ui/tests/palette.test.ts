/** Ctrl+K, and what a row can do. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { call, keyNumber } from "./fake/data";
import { isPressed } from "../src/kit/offer";
import { regionOf } from "../src/lib/i18n/regions";
import { placeOf } from "../src/lib/parts/dialling.svelte";
import { dictionaries } from "../src/rooms";
import { all, open, texts } from "./open";

const calls = () => backend.asked.filter(({ command }) => command === "calls.call_back");
async function palette(route = "contacts") {
  const user = await open(route);
  await user.keyboard("{Control>}k{/Control}");
  return { user, field: await screen.findByTestId<HTMLInputElement>("palette-field") };
}
const highlighted = () =>
  document.querySelector("[data-testid=palette-entry][data-selected]")?.textContent ?? "";

test("a name and Enter call, and the page behind stays", async () => {
  const { user, field } = await palette();
  await user.type(field, "орлова д");
  await waitFor(() => expect(highlighted()).toContain("Орлова Дарья"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(calls().length).toBe(1));
  expect(screen.queryByTestId("palette")).toBeNull();
  expect(screen.getByTestId("shell").dataset.screen).toBe("contacts");
});

test("Enter waits for what belongs to the text and never calls who was found before", async () => {
  const { user, field } = await palette();
  await user.type(field, "орлова д");
  await waitFor(() => expect(highlighted()).toContain("Орлова Дарья"));
  backend.silent.add("dial.find");
  await user.clear(field);
  await user.type(field, "лебед{Enter}");
  expect(calls()).toEqual([]);
  backend.silent.clear();
  await user.type(field, "ев{Enter}");
  await waitFor(() => expect(calls().length).toBe(1));
  expect((await screen.findByTestId("message")).textContent).toContain("Лебедев Антон");
});

test("what was typed last is found though an older question reaches the storage after it", async () => {
  const { user, field } = await palette();
  await user.type(field, "орлова ");
  await waitFor(() => expect(highlighted()).toContain("Орлова"));
  backend.overtake("dial.find", 4);
  await user.type(field, "д{Enter}");
  await waitFor(() => expect(calls().length).toBe(1));
});

test("who called last comes without moving what Enter does", async () => {
  backend.silent.add("calls.latest");
  const { user, field } = await palette();
  const before = highlighted();
  expect(before).not.toBe("");
  backend.silent.clear();
  await user.keyboard("{Escape}{Control>}k{/Control}");
  await waitFor(() => expect(screen.getAllByTestId("palette-entry").length).toBeGreaterThan(5));
  expect(highlighted()).toBe(before);
  expect(field).not.toBeNull();
});

test("with Ctrl Enter opens the card", async () => {
  const { user, field } = await palette("calls");
  await user.type(field, "орлова д");
  await waitFor(() => expect(highlighted()).toContain("Орлова Дарья"));
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect((await screen.findByTestId("contact-name")).textContent).toBe("Орлова Дарья");
  expect(calls()).toEqual([]);
});

test("a page and an action are found by the beginnings of their words", async () => {
  const { user, field } = await palette("calls");
  await user.type(field, "нов конт");
  await waitFor(() => expect(highlighted()).toContain("Новый контакт"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.getByTestId("shell").dataset.screen).toBe("contacts"));
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByTestId("palette-field"), "общие");
  await waitFor(() => expect(highlighted()).toContain("Общие"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.getByTestId("shell").dataset.screen).toBe("settings"));
});

test("before anything is typed it offers the latest people once each, and administrators' pages to them alone", async () => {
  backend.calls = [
    call({ id: "a" }),
    call({ id: "b" }),
    call({ id: "c", numberKey: keyNumber(12), name: "Белов Артём" }),
  ];
  backend.state.service.admin = false;
  await palette("calls");
  await waitFor(() =>
    expect(texts("palette-entry").filter((text) => /Орлова Дарья|Белов Артём/.test(text)).length).toBe(2),
  );
  expect(texts("palette-entry").some((text) => text.includes("Абоненты"))).toBe(false);
});

test("a number is shown as it is understood", () => {
  const t = dictionaries.ru;
  const number = { text: "", contacts: [] };
  const place = (key: string, kind: "fixed" | "mobile" | "colleague", country: string | null) =>
    placeOf({ ...number, key, kind, country }, t);
  expect(place("+74832000001", "fixed", "RU")).toBe("Россия, Брянская область");
  expect(place("+79000000001", "mobile", "RU")).toBe("Россия, мобильный");
  expect(place("+77010000001", "mobile", "KZ")).toBe("Казахстан, мобильный");
  expect(place("102", "colleague", null)).toBe("внутренний номер");
  expect(regionOf("+78120000001", "en")).toBe("Saint Petersburg");
  expect(regionOf("+375290000001", "ru")).toBeNull();
});

test("right click on a row tells what it can do, does it, and gives the focus back to the list", async () => {
  backend.calls = [call({ id: "one", contactId: null, name: null, candidates: [], documentId: null })];
  const user = await open("calls");
  const row = await screen.findByTestId("call-row");
  await fireEvent.contextMenu(row, { clientX: 40, clientY: 50 });
  const menu = within(await screen.findByTestId("row-menu"));
  expect(menu.getAllByRole("menuitem").map((one) => one.textContent?.trim().replace(/\s+/g, " "))).toEqual([
    "Перезвонить Enter",
    "Открыть →",
    "Заметка N",
    "Скопировать номер Ctrl+C",
    "Создать контакт",
    "Добавить к существующему",
    "Выбрать Insert",
  ]);
  await user.click(screen.getByTestId("row-menu-call"));
  await waitFor(() => expect(calls().length).toBe(1));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("calls-list")));
  expect(screen.queryByTestId("row-menu")).toBeNull();
});

test("the keys of a menu work without it, and Shift+F10 opens it", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  screen.getByTestId("contacts-list").focus();
  await user.keyboard("{ArrowDown}{Control>}{Enter}{/Control}");
  await waitFor(() => expect(calls().length).toBe(1));
  await user.keyboard("{Shift>}{F10}{/Shift}");
  expect(await screen.findByTestId("row-menu-copy")).toBeTruthy();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("row-menu")).toBeNull());
  await user.keyboard("{Delete}");
  expect(await screen.findByText("Удалить контакт?")).toBeTruthy();
});

test("a recording's and a notification's menu have what they can do", async () => {
  await open("recordings");
  await fireEvent.contextMenu((await screen.findAllByTestId("recording-row"))[0] as HTMLElement);
  expect(await screen.findByTestId("row-menu-play")).toBeTruthy();
  expect(all("row-menu-choose").length).toBe(1);
});

test("keys are those of their place on the keyboard", () => {
  const event = (init: KeyboardEventInit) => new KeyboardEvent("keydown", init);
  expect(isPressed(event({ key: "с", code: "KeyC", ctrlKey: true }), "Ctrl+C")).toBe(true);
  expect(isPressed(event({ key: "c", code: "KeyC" }), "Ctrl+C")).toBe(false);
  expect(isPressed(event({ key: " ", code: "Space" }), "Space")).toBe(true);
  expect(isPressed(event({ key: "F10", code: "F10", shiftKey: true }), "Shift+F10")).toBe(true);
});

test("the field where one dials has those who wait and the last calls before a letter is typed", async () => {
  const user = await open("calls");
  await user.click(await screen.findByTestId("dial-open"));
  await waitFor(() => expect(all("dial-entry").length).toBeGreaterThan(5));
  const told = screen.getByTestId("dial").textContent;
  expect(told).toContain("Надо перезвонить");
  expect(told).toContain("Последние звонки");
  await user.click(screen.getByTestId("dial-field"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(backend.times("calls.call_back")).toBe(1));
});
