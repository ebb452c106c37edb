import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import App from "../src/App.svelte";
import { backend } from "./fake/backend";
import { all, input } from "./open";

async function wizard() {
  backend.state = {
    ...backend.state,
    wizard: true,
    me: null,
    service: { ...backend.state.service, token: false, callbackUrl: null, lastEventAt: null },
    settings: { ...backend.state.settings, publicUrl: "" },
  };
  render(App);
  await screen.findByTestId("wizard");
  return userEvent.setup();
}
const step = () => screen.getByTestId("wizard").dataset.step;
const at = (name: string) => waitFor(() => expect(step()).toBe(name));

test("the first run hides the rest and leads from the token to a working service", async () => {
  const user = await wizard();
  expect(screen.queryByTestId("shell")).toBeNull();
  expect(step()).toBe("connection");

  // Without a token there is no way on, and it is said why.
  await user.click(screen.getByTestId("wizard-next"));
  expect(screen.getByText("Вставьте токен.")).toBeTruthy();
  expect(step()).toBe("connection");

  await user.type(input("settings-token"), "good-token");
  await user.keyboard("{Enter}");
  await at("address");
  expect(backend.last("connection.save_token")).toEqual({ token: "good-token", insecure: false });

  await user.type(input("settings-public-url"), "https://pbx.example{Enter}");
  await at("me");
  expect(backend.state.settings.publicUrl).toBe("https://pbx.example");

  await screen.findAllByTestId("me-abonent");
  await user.click(screen.getByTestId("wizard-next"));
  expect(await screen.findByText("Выберите себя в списке.")).toBeTruthy();
  await user.click(all("me-abonent")[1] as HTMLElement);
  await screen.findByTestId("me-chosen");
  await user.click(screen.getByTestId("wizard-next"));
  await at("notifications");
  await user.click(screen.getByTestId("wizard-next"));
  await at("general");
  await user.click(screen.getByTestId("wizard-next"));
  await at("check");
  await waitFor(() => expect(all("check-line").length).toBe(12));
  await user.click(screen.getByTestId("wizard-next"));
  await at("done");
  expect(screen.getByText(/Сделайте тестовый звонок/)).toBeTruthy();
  await user.click(screen.getByTestId("wizard-next"));
  await screen.findByTestId("shell");
  expect(backend.times("connection.finish_wizard")).toBe(1);
});

test("Alt+← goes back and the token is not asked for again", async () => {
  const user = await wizard();
  await user.type(input("settings-token"), "good-token{Enter}");
  await at("address");
  await user.keyboard("{Alt>}{ArrowLeft}{/Alt}");
  await at("connection");
  await user.click(screen.getByTestId("wizard-next"));
  await at("address");
  expect(backend.times("connection.save_token")).toBe(1);
});

test("a refused token keeps one on the page", async () => {
  const user = await wizard();
  await user.type(input("settings-token"), "bad{Enter}");
  expect((await screen.findByTestId("failure")).dataset.code).toBe("token_refused");
  expect(step()).toBe("connection");
  expect(backend.times("connection.save_token")).toBe(0);
});

test("«Исправить» of a failed check goes back to its page", async () => {
  const user = await wizard();
  await user.type(input("settings-token"), "good-token{Enter}");
  await at("address");
  await user.click(screen.getByTestId("wizard-next"));
  await at("me");
  await user.click((await screen.findAllByTestId("me-abonent"))[0] as HTMLElement);
  await screen.findByTestId("me-chosen");
  for (const name of ["notifications", "general", "check"]) {
    await user.click(screen.getByTestId("wizard-next"));
    await at(name);
  }
  await user.click((await screen.findAllByText("Исправить"))[0] as HTMLElement);
  await at("address");
});

test("the language can be chosen before anything else, and the setup put off", async () => {
  const user = await wizard();
  await user.selectOptions(screen.getByTestId("wizard-language"), "en");
  await waitFor(() => expect(screen.getByTestId("wizard-title").textContent).toBe("Connection"));
  await user.click(screen.getByTestId("wizard-later"));
  await screen.findByTestId("shell");
  expect(backend.times("connection.finish_wizard")).toBe(1);
});

test("who has no token may look at an example, unless the company has its relay for everybody", async () => {
  const user = await wizard();
  await user.click(screen.getByTestId("wizard-example"));
  expect(backend.times("frame.example")).toBe(1);
  backend.state = { ...backend.state, fixed: ["relay"] };
  backend.changed({ settings: true });
  await waitFor(() => expect(screen.queryByTestId("wizard-example")).toBeNull());
});

test("the example says on every page what it is, and one click leads out of it", async () => {
  backend.state = { ...backend.state, example: true };
  render(App);
  const user = userEvent.setup();
  expect((await screen.findByTestId("example")).textContent).toContain("Это пример");
  await waitFor(() => expect(document.title).toContain("(пример)"));
  await user.click(screen.getByTestId("example-leave"));
  expect(backend.times("frame.leave_example")).toBe(1);
});
