/** The card after a conversation. */
import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import { backend } from "./fake/backend";
import { call, keyNumber } from "./fake/data";
import { all, open } from "./open";

afterEach(() => vi.useRealTimers());

async function spoken(id = "spoken") {
  const user = await open("calls");
  await screen.findAllByTestId("call-row");
  screen.getByTestId("calls-search").focus();
  const row = call({ id, talkMs: 221_000 });
  backend.calls = [row, ...backend.calls];
  backend.justEnded = [row];
  backend.changed({ calls: [id], ended: [id] });
  await screen.findByTestId("after-call");
  return user;
}
const stored = () => backend.notes.get("spoken");

test("it comes without the focus, and one click on an outcome is all", async () => {
  const user = await spoken();
  expect(document.activeElement).toBe(screen.getByTestId("calls-search"));
  expect(screen.getByTestId("after-call").textContent).toContain("03:41");
  await user.click(all("written-outcome")[1] as HTMLElement);
  await waitFor(() => expect(stored()?.outcome).toBe("Перезвонит сам"));
  await waitFor(() => expect(all("after-call")).toEqual([]), { timeout: 6000 });
});

test("untouched it goes after twenty seconds, and a note that was begun stays and is kept", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  await spoken();
  await vi.advanceTimersByTimeAsync(19_000);
  expect(all("after-call").length).toBe(1);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(all("after-call").length).toBe(0);

  backend.justEnded = [call({ id: "second" })];
  backend.changed({ ended: ["second"] });
  const note = await screen.findByTestId("written-note");
  await fireEvent.focusIn(note);
  await fireEvent.input(note, { target: { value: "Ждёт сч" } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(all("after-call").length, "begun").toBe(1);
  expect(backend.notes.get("second")?.note).toBe("Ждёт сч");
});

test("a note that was written in a toast meanwhile is shown, and not overwritten", async () => {
  const user = await spoken();
  backend.notes.set("spoken", { outcome: "", note: "из уведомления", tags: [], next: "" });
  backend.changed({ calls: ["spoken"] });
  const note = await screen.findByTestId<HTMLTextAreaElement>("written-note");
  await waitFor(() => expect(note.value).toBe("из уведомления"));
  await user.click(all("written-outcome")[1] as HTMLElement);
  await waitFor(() => expect(stored()).toMatchObject({ outcome: "Перезвонит сам", note: "из уведомления" }));
});

test("a reminder is two clicks, in the card after the call and in the panel", async () => {
  const user = await spoken();
  const soon = () => Number(backend.last("queue.remind")?.["atMs"]) - Date.now();
  await user.click(await within(screen.getByTestId("after-call")).findByTestId("remind"));
  await user.click(await screen.findByTestId("remind-60"));
  await waitFor(() =>
    expect(backend.last("queue.remind")).toMatchObject({ number: keyNumber(11), note: "" }),
  );
  expect(soon()).toBeGreaterThan(3_500_000);
  await waitFor(() => expect(all("after-call"), "nothing is left to do").toEqual([]));
  await user.click(all("call-row")[0] as HTMLElement);
  await user.click(await screen.findByTestId("remind"));
  await user.click(await screen.findByTestId("remind-15"));
  await waitFor(() => expect(soon()).toBeLessThan(900_001));
  expect((await screen.findByTestId("message")).textContent).toContain("Напомним");
});

test("the same call is offered once, and nothing where it is switched off", async () => {
  await spoken();
  await fireEvent.click(screen.getByTestId("after-close"));
  backend.changed({ ended: ["spoken"] });
  await waitFor(() => expect(backend.times("notes.just_ended")).toBe(1));
  expect(all("after-call")).toEqual([]);
});

test("an outcome of one's own list, and one that the list has no longer", async () => {
  backend.state.settings.outcomes = ["Заказ", "Жалоба"];
  backend.notes.set("spoken", { outcome: "Старый итог", note: "", tags: [], next: "" });
  await spoken();
  expect(all("written-outcome").map((one) => one.textContent)).toEqual(["Заказ", "Жалоба", "Старый итог"]);
});

test("the list of outcomes is edited in the settings, one a line", async () => {
  const user = await open("settings/notifications");
  const field = await screen.findByTestId("settings-outcomes");
  await user.clear(field);
  await user.type(field, "Заказ{Enter}Жалоба{Enter}{Enter}Заказ");
  await user.tab();
  await waitFor(() => expect(backend.state.settings.outcomes).toEqual(["Заказ", "Жалоба"]));
});
