/** Forwarding of one's own telephone: the dialog, and what shows everywhere that it is in force. */
import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend, scenario } from "./fake/backend";
import { nowhere, shownNumber } from "./fake/data";
import { input, open, texts } from "./open";

const button = (testid: string) => screen.getByTestId<HTMLButtonElement>(testid);
const rail = () => screen.getByTestId("rail-forwarding");
const asked = () => backend.last("forwarding.set")?.to;

async function dialog(route = "calls") {
  const user = await open(route);
  await user.click(rail());
  await screen.findByTestId("forwarding-state");
  return user;
}

test("the first time one types a number; then two clicks turn it on", async () => {
  const user = await dialog();
  expect(screen.getByTestId("forwarding-state").dataset.on).toBe("false");
  await waitFor(() => expect(document.activeElement).toBe(input("forwarding-number-all")));
  expect(button("forwarding-on").disabled, "nowhere to").toBe(true);
  await user.keyboard("8 900 000-00-77");
  await user.click(button("forwarding-on"));
  await waitFor(() => expect(asked()).toEqual({ ...nowhere, all: "8 900 000-00-77" }));
  await waitFor(() => expect(screen.queryByTestId("forwarding")).toBeNull());
  expect((await screen.findByTestId("message")).textContent).toContain("Переадресация включена");
  await waitFor(() => expect(rail().dataset.on).toBe("true"));
  expect(rail().textContent).toContain("На 8 900 000-00-77");

  await user.click(rail());
  await user.click(await screen.findByTestId("forwarding-off"));
  await waitFor(() => expect(rail().dataset.on).toBe("false"));
  await user.click(rail());
  await waitFor(() => expect(document.activeElement).toBe(button("forwarding-on")));
  await user.click(button("forwarding-on"));
  await waitFor(() => expect(backend.times("forwarding.set")).toBe(2));
  expect(asked(), "what was in force last").toEqual({ ...nowhere, all: "8 900 000-00-77" });
});

test("a number is found by the name of its owner", async () => {
  const user = await dialog();
  await user.type(input("forwarding-number-all"), "орлова д");
  await user.click((await screen.findAllByTestId("forwarding-number-all-option"))[0] as HTMLElement);
  const owner = backend.contacts.find(({ name }) => name === "Орлова Дарья");
  await waitFor(() => expect(input("forwarding-number-all").value).toBe(owner?.numbers[0]?.display));
  await user.click(button("forwarding-on"));
  await waitFor(() => expect(asked()).toEqual({ ...nowhere, all: owner?.numbers[0]?.key }));
});

test("each kind of calls that one does not take may go elsewhere", async () => {
  const user = await dialog();
  await user.type(input("forwarding-number-all"), "102");
  await user.click(screen.getByTestId("forwarding-which-some"));
  expect(button("forwarding-on").disabled, "no kind is chosen").toBe(true);
  await user.click(screen.getByTestId("forwarding-busy"));
  await user.click(screen.getByTestId("forwarding-notAnswered"));
  expect(input("forwarding-number-busy").value, "the number that stands there").toBe("102");
  await user.clear(input("forwarding-number-notAnswered"));
  await user.type(input("forwarding-number-notAnswered"), shownNumber(78));
  await user.clear(input("forwarding-rings"));
  await user.type(input("forwarding-rings"), "21");
  expect(button("forwarding-on").disabled, "so often no telephone rings").toBe(true);
  await user.clear(input("forwarding-rings"));
  await user.type(input("forwarding-rings"), "6");
  await user.click(button("forwarding-on"));
  await waitFor(() =>
    expect(asked()).toEqual({ ...nowhere, busy: "102", notAnswered: shownNumber(78), rings: 6 }),
  );
});

test("what is in force is shown, changed and ended", async () => {
  scenario("forwarded-some");
  const user = await dialog();
  const state = screen.getByTestId("forwarding-state").textContent ?? "";
  for (const said of ["По занятости", "102", "По неответу", "через 6 гудков", shownNumber(77)])
    expect(state).toContain(said);
  expect(rail().textContent).toContain("На разные номера");
  expect(screen.queryByTestId("forwarding-on"), "nothing is changed").toBeNull();
  await user.click(screen.getByTestId("forwarding-busy"));
  await user.click(button("forwarding-on"));
  await waitFor(() => expect(asked()).toMatchObject({ busy: null, notAnswered: shownNumber(77), rings: 6 }));
  await user.click(rail());
  await user.click(await screen.findByTestId("forwarding-off"));
  await waitFor(() => expect(backend.forwarding.on).toBe(false));
  expect((await screen.findByTestId("message")).textContent).toContain("Переадресация выключена");
});

test("where the PBX refuses, its state stands there and what was typed stays", async () => {
  backend.fails["forwarding.set"] = { code: "pbx_refused", detail: "Услуга не подключена" };
  const user = await dialog();
  await user.type(input("forwarding-number-all"), shownNumber(77));
  await user.click(button("forwarding-on"));
  expect((await screen.findByTestId("failure")).dataset.code).toBe("pbx_refused");
  await waitFor(() => expect(backend.times("forwarding.read")).toBe(2));
  expect(screen.getByTestId("forwarding-state").dataset.on).toBe("false");
  expect(rail().dataset.on).toBe("false");
  expect(input("forwarding-number-all").value).toBe(shownNumber(77));
  backend.fails = {};
  await waitFor(() => expect(button("forwarding-on").disabled).toBe(false));
  await user.click(button("forwarding-on"));
  await waitFor(() => expect(rail().dataset.on).toBe("true"));
});

test("until the PBX has answered nothing can be turned on", async () => {
  backend.silent.add("forwarding.read");
  const user = await open("calls");
  await user.click(rail());
  const opened = await screen.findByTestId("forwarding");
  expect(opened.querySelector("[data-testid=skeleton]")).not.toBeNull();
  expect([screen.queryByTestId("forwarding-on"), screen.queryByTestId("forwarding-off")]).toEqual([
    null,
    null,
  ]);
});

test("without the relay nothing is shown but why, and a way to ask again", async () => {
  backend.fails["forwarding.read"] = { code: "relay_unreachable", detail: null };
  const user = await open("calls");
  await user.click(rail());
  expect((await screen.findByTestId("failure")).dataset.code).toBe("relay_unreachable");
  expect([screen.queryByTestId("forwarding-on"), screen.queryByTestId("forwarding-off")]).toEqual([
    null,
    null,
  ]);
  backend.fails = {};
  await user.click(screen.getByTestId("retry"));
  await screen.findByTestId("forwarding-state");
});

test("the tray and the palette open it", async () => {
  scenario("forwarded");
  const user = await open("contacts");
  backend.emit("navigate", "forwarding");
  await screen.findByTestId("forwarding-state");
  expect(screen.getByTestId("shell").dataset.screen, "the page behind stays").toBe("contacts");
  await user.click(screen.getByTestId("forwarding-off"));
  await waitFor(() => expect(screen.queryByTestId("forwarding")).toBeNull());
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByTestId("palette-field"), "переадр");
  await waitFor(() => expect(texts("palette-entry").join()).toContain("Переадресация"));
  await user.keyboard("{Enter}");
  await screen.findByTestId("forwarding-state");
});
