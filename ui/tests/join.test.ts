import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { input, open } from "./open";

const service = (over: Partial<typeof backend.state.service>) =>
  (backend.state = { ...backend.state, service: { ...backend.state.service, ...over } });

async function code() {
  const user = await open("settings/connection");
  await user.click(await screen.findByTestId("mode-code"));
  return user;
}

test("a typed code joins after a question", async () => {
  const user = await code();
  await user.type(input("join-code"), "K7M2");
  await user.click(screen.getByTestId("settings-save"));
  expect(screen.getByText(/Код состоит из букв и цифр/)).toBeTruthy();
  expect(backend.times("join.offer")).toBe(0);
  await user.type(input("join-code"), " 4qxp-9drt");
  await user.type(input("join-url"), "https://relay.example");
  await user.click(screen.getByTestId("settings-save"));
  expect((await screen.findByTestId("join-relay")).textContent).toBe("https://relay.example");
  expect(backend.last("join.offer")).toEqual({ relay: "https://relay.example", code: "K7M2 4qxp-9drt" });
  expect(backend.times("join.accept")).toBe(0);
  await user.click(screen.getByTestId("join-accept"));
  await waitFor(() => expect(screen.queryByTestId("join-dialog")).toBeNull());
  expect(backend.last("join.accept")).toEqual({
    relay: "https://relay.example",
    inTheClear: false,
    insecure: false,
  });
  expect((await screen.findByTestId("message")).textContent).toContain(
    "https://relay.example как Смирнова Анна",
  );
  expect(input("settings-relay-url").value).toBe("https://relay.example");
});

test("a pasted link needs no address; plain HTTP and a file are agreed to first", async () => {
  service({ secrets: "none" });
  const user = await code();
  await user.type(input("join-code"), "perezvon://join?relay=http%3A%2F%2Frelay.example&code=1");
  expect(screen.queryByTestId("join-url")).toBeNull();
  await user.click(screen.getByTestId("settings-save"));
  await screen.findByTestId("join-dialog");
  await user.click(screen.getByTestId("join-accept"));
  expect(screen.getByText("Подтвердите согласие отметкой выше.")).toBeTruthy();
  await user.click(screen.getByTestId("join-clear"));
  await user.click(screen.getByTestId("join-accept"));
  expect(backend.times("join.accept")).toBe(0);
  await user.click(screen.getByTestId("join-consent"));
  await user.click(screen.getByTestId("join-accept"));
  await waitFor(() =>
    expect(backend.last("join.accept")).toMatchObject({ inTheClear: true, insecure: true }),
  );
});

test("an opened link asks, and a no leaves everything as it is", async () => {
  backend.offer = "https://relay.example";
  const user = await open("join");
  expect((await screen.findByTestId("join-relay")).textContent).toBe("https://relay.example");
  await user.click(screen.getByTestId("join-decline"));
  await screen.findByTestId("settings-connection");
  expect([backend.times("join.decline"), backend.times("join.accept"), backend.offer]).toEqual([1, 0, null]);
});

test("an opened link joins; what goes wrong is said in the dialog", async () => {
  backend.offer = "https://relay.example";
  backend.fails["join.accept"] = { code: "code_used", detail: null };
  const user = await open("join");
  await user.click(await screen.findByTestId("join-accept"));
  expect((await screen.findByTestId("failure")).textContent).toContain("уже вошли");
  backend.fails = {};
  await user.click(screen.getByTestId("join-accept"));
  await screen.findByTestId("calls-search");
  expect(backend.state.service.relayUrl).toBe("https://relay.example");
});

test("without a waiting link the page leads to where codes are typed", async () => {
  await open("join");
  await screen.findByTestId("settings-connection");
  expect(screen.queryByTestId("join-dialog")).toBeNull();
});
