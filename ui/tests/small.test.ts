/** The small windows: the panel where one dials, and the toasts that the app draws itself. */
import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { DialOffer } from "../src/lib/bindings/DialOffer";
import type { KeyState } from "../src/lib/bindings/KeyState";
import Small from "../src/Small.svelte";
import { backend } from "./fake/backend";
import { all, input, open, texts } from "./open";

const selected: DialOffer = {
  question: 7,
  kind: "number",
  text: "+7 (900) 000-00-99",
  number: "+79000000099",
  names: [],
  company: null,
};

const panel = () => {
  const user = userEvent.setup();
  render(Small, { toasts: false });
  return user;
};

test("the panel has those who wait and the last calls, and Enter calls", async () => {
  const user = panel();
  await waitFor(() => expect(all("dial-entry").length).toBeGreaterThan(5));
  const headings = screen.getByTestId("dial").textContent;
  expect(headings).toContain("Надо перезвонить");
  expect(headings).toContain("Последние звонки");
  const [first] = all("dial-entry");
  await user.click(first as HTMLElement);
  await waitFor(() => expect(backend.times("calls.call_back")).toBe(1));
  expect(backend.destroyed, "it has served").toBe(1);
});

test("a name is found in the panel, and his card opens in the window", async () => {
  const user = panel();
  await user.type(await screen.findByTestId("dial-field"), "орлова");
  await waitFor(() => expect(texts("dial-entry")[0]).toContain("Орлова"));
  await user.keyboard("{Control>}{Enter}{/Control}");
  await waitFor(() => expect(backend.opened[0]).toMatch(/^contact\/\d+$/));
});

test("a selected number is shown as it is understood: Enter calls, Escape does not", async () => {
  backend.dial = selected;
  const user = panel();
  expect((await screen.findByTestId("dial-number")).textContent).toContain("+7 (900) 000-00-99");
  await user.keyboard("{Enter}");
  expect(backend.times("dial.accept"), "an Enter of that very moment was meant for another program").toBe(0);
  await user.click(screen.getByTestId("dial-decline"));
  await waitFor(() => expect(backend.times("dial.decline")).toBe(1));
  expect(backend.times("dial.accept")).toBe(0);
  expect(backend.destroyed).toBe(1);
});

test("who calls for a panel that is going means the next one: this one asks nothing more", async () => {
  backend.dial = selected;
  const user = panel();
  await user.click(await screen.findByTestId("dial-decline"));
  expect(backend.destroyed).toBe(1);
  const asked = backend.times("dial.offer");
  backend.emit("panel", null);
  await new Promise((done) => setTimeout(done));
  expect(backend.times("dial.offer"), "the app opens another for what is asked now").toBe(asked);
});

test("a call that is placed late does not close the question that came meanwhile", async () => {
  backend.dial = selected;
  const user = panel();
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("dial-accept").disabled).toBe(false));
  let placed = (): void => undefined;
  backend.waits["dial.accept"] = new Promise((done) => (placed = done));
  await user.click(screen.getByTestId("dial-accept"));
  backend.dial = { ...selected, question: 8, text: "+7 (900) 000-00-77", number: "+79000000077" };
  backend.emit("panel", null);
  await waitFor(() => expect(screen.getByTestId("dial-number").textContent).toContain("00-77"));
  placed();
  await new Promise((done) => setTimeout(done));
  expect([screen.queryByTestId("dial") !== null, backend.destroyed]).toEqual([true, 0]);
  await user.click(screen.getByTestId("dial-decline"));
  expect(backend.last("dial.decline"), "the one that is shown").toEqual({ question: 8 });
});

test("the app's own toasts are the system's: newest first, with their buttons", async () => {
  const user = userEvent.setup();
  render(Small, { toasts: true });
  await waitFor(() => expect(all("toast")).toHaveLength(2));
  const [ring, missed] = all("toast");
  expect(ring?.dataset.kind).toBe("incoming");
  expect(screen.getByTestId("toasts").getAttribute("aria-live")).toBe("assertive");
  await user.click(within(missed as HTMLElement).getByTestId("toast-call-back"));
  await waitFor(() => expect(backend.last("small.press")).toEqual({ key: "missed:1", button: "call-back" }));
  await waitFor(() => expect(all("toast")).toHaveLength(1));
  await user.click(screen.getByTestId("toast-away"));
  await waitFor(() => expect(backend.last("small.dismiss")).toEqual({ key: "call:1" }));
});

test("keys are set by pressing them, and what became of them is said", async () => {
  const user = await open("settings/general");
  const field = await screen.findByTestId("keys-dialKey");
  field.focus();
  await user.keyboard("{Control>}{Alt>}[KeyD]{/Alt}{/Control}");
  await waitFor(() => expect(backend.state.settings.dialKey).toBe("Ctrl+Alt+D"));
  await user.keyboard("[KeyD]");
  expect(backend.state.settings.dialKey, "a letter alone belongs to everybody").toBe("Ctrl+Alt+D");
  const key = (state: KeyState, given = "") => ({ state, given });
  backend.state = { ...backend.state, keys: { dial: key("taken"), popup: key("off"), wayland: false } };
  backend.changed({ settings: true });
  await waitFor(() => expect(texts("keys-trouble")).toEqual(["Это сочетание занято другой программой."]));
  await user.keyboard("{Backspace}");
  await waitFor(() => expect(backend.state.settings.dialKey).toBe(""));
  expect(input("keys-dialKey").placeholder).toBe("не задано");
});

test("where the desktop keeps the keys they are its, and where it has none it is said what to do", async () => {
  const given = { state: "on" as const, given: "Super+F9" };
  backend.state = { ...backend.state, keys: { dial: given, popup: given, wayland: true } };
  await open("settings/general");
  expect((await screen.findByTestId<HTMLInputElement>("keys-dialKey")).value).toBe("Super+F9");
  expect(texts("keys-given")).toEqual([
    "Сочетание хранит рабочий стол: изменить его можно в настройках клавиатуры.",
  ]);
  expect(screen.queryByTestId("keys-trouble")).toBeNull();

  const none = { state: "not_here" as const, given: "" };
  backend.state = { ...backend.state, keys: { dial: none, popup: none, wayland: true } };
  backend.changed({ settings: true });
  await waitFor(() => expect(texts("keys-trouble")[0]).toContain("программы не слышат клавиш"));
  expect(texts("keys-command"), "what a shortcut of the desktop's own is to start").toEqual([
    `sh -c 'perezvon call "$(wl-paste --primary)"'`,
  ]);
});
