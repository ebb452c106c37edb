import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { dials } from "./fake/data";
import { input, open, texts } from "./open";

/** The app shows the window because of this link. */
async function link(name: string) {
  const user = await open("contacts");
  backend.dial = dials[name] ?? null;
  backend.emit("navigate", "dial");
  await screen.findByTestId("dial");
  return user;
}
const button = (testid: string) => screen.getByTestId<HTMLButtonElement>(testid);
const placed = () => backend.times("dial.accept") + backend.times("calls.call_back");

test("a link shows number and name, and a stray Enter does nothing", async () => {
  const user = await link("dial");
  expect(screen.getByTestId("dial-number").textContent?.trim()).toBe("+7 (900) 000-00-99");
  expect(screen.getByTestId("dial-name").textContent).toBe("Орлова Марина, ООО «Северный ветер»");
  expect(document.activeElement).toBe(screen.getByTestId("dial-number"));
  await user.keyboard("{Enter}");
  expect([placed(), backend.times("dial.decline")]).toEqual([0, 0]);
  expect(screen.getByTestId("dial")).toBeTruthy();
});

test("once it can be read, Enter calls, and only the number that was shown", async () => {
  const user = await link("dial");
  await waitFor(() => expect(button("dial-accept").disabled).toBe(false));
  expect(document.activeElement).toBe(button("dial-accept"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(backend.last("dial.accept")).toEqual({ number: "+79000000099" }));
  await waitFor(() => expect(screen.queryByTestId("dial")).toBeNull());
  expect((await screen.findByTestId("message")).textContent).toContain("Звоним: Орлова Марина");
  expect(screen.getByTestId("shell").dataset.screen, "the page behind stays").toBe("contacts");
});

test("Esc calls nobody, once the question could be read", async () => {
  const escape = async () => {
    const dialog = screen.queryByTestId("dial");
    if (dialog) await fireEvent(dialog, new Event("cancel", { cancelable: true }));
  };
  await link("dial");
  await escape();
  expect([screen.queryByTestId("dial") !== null, backend.times("dial.decline")]).toEqual([true, 0]);
  await waitFor(async () => {
    await escape();
    expect(screen.queryByTestId("dial")).toBeNull();
  });
  expect([placed(), backend.times("dial.decline"), backend.dial]).toEqual([0, 1, null]);
});

test("a newer link takes the place of the question, and waits anew", async () => {
  await link("dial");
  await waitFor(() => expect(button("dial-accept").disabled).toBe(false));
  backend.dial = dials["dial-short"] ?? null;
  backend.emit("navigate", "dial");
  await waitFor(() => expect(screen.getByTestId("dial-number").textContent?.trim()).toBe("112"));
  expect(button("dial-accept").disabled).toBe(true);
  expect(screen.getByTestId("dial-name").textContent).toContain("нет в контактах");
});

test("several contacts are told, none is guessed", async () => {
  await link("dial-several");
  expect(screen.getByTestId("dial-name").textContent).toBe("Возможно: Белов Артём, Белова Ирина");
});

test("a code of a link has no way to be called", async () => {
  const user = await link("dial-code");
  expect(screen.getByTestId("dial-number").textContent?.trim()).toBe("*21*89000000099#");
  expect(screen.getByTestId("dial-code").textContent).toContain("переадресацию");
  expect([screen.queryByTestId("dial-accept"), screen.queryByTestId("dial-call")]).toEqual([null, null]);
  await user.click(button("dial-decline"));
  expect([placed(), backend.dial]).toEqual([0, null]);
});

test("what could not be read is in the field, with one sentence", async () => {
  const user = await link("dial-unread");
  expect(input("dial-field").value).toBe("+7 49520000002001");
  expect(screen.getByTestId("dial-unread").textContent).toContain("нет номера");
  await user.keyboard("{Enter}");
  expect([button("dial-call").disabled, placed()], "not as it stands").toEqual([true, 0]);
  backend.fails["calls.call_back"] = { code: "bad_number", detail: null };
  await user.type(input("dial-field"), "5{Enter}");
  expect((await screen.findByTestId("failure")).dataset.code).toBe("bad_number");
  backend.fails = {};
  await user.clear(input("dial-field"));
  await user.type(input("dial-field"), "8 495 000-00-02{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: "8 495 000-00-02" }));
});

test("a code that is typed by hand is dialled", async () => {
  const user = await open("calls");
  await user.click(await screen.findByTestId("dial-open"));
  await user.type(await screen.findByTestId("dial-field"), "*21*89000000099#");
  await waitFor(() => expect(texts("dial-entry")[0]).toContain("Набрать код *21*89000000099#"));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: "*21*89000000099#" }));
  await waitFor(() => expect(screen.queryByTestId("dial")).toBeNull());
  expect(backend.times("dial.decline")).toBe(0);
});

test("where nothing can be looked up, a number can be called all the same", async () => {
  backend.fails["dial.find"] = { code: "storage", detail: null };
  const user = await open("calls");
  await user.click(await screen.findByTestId("dial-open"));
  await user.type(await screen.findByTestId("dial-field"), "8 900 000-00-99{Enter}");
  await waitFor(() => expect(backend.last("calls.call_back")).toEqual({ number: "8 900 000-00-99" }));
});

test("a setting lets plain numbers through", async () => {
  const user = await open("settings/general");
  await user.click(await screen.findByTestId("switch-linksDial"));
  await waitFor(() => expect(backend.state.settings.linksDial).toBe(true));
});
