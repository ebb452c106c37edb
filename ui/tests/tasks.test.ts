/** What the fewest clicks hang on; the clicks themselves are counted by `npm run real`. */
import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { app } from "../src/lib/app.svelte";
import { backend } from "./fake/backend";
import { call } from "./fake/data";
import { input, open } from "./open";

test("Ctrl+K and what is typed go together: the field has the focus", async () => {
  const user = await open("calls");
  await user.keyboard("{Control>}k{/Control}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("palette-field")));
  await user.keyboard("орл");
  expect(input("palette-field").value).toBe("орл");
  // No browser is here that closes a dialog by Esc.
  app.palette = false;
});

test("Ctrl+F where a page has nothing to search searches the journal", async () => {
  const user = await open("report");
  await screen.findByTestId("report-file");
  await user.keyboard("{Control>}f{/Control}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("calls-search")));
  await user.keyboard("орлова");
  await waitFor(() =>
    expect(backend.last("calls.list")).toMatchObject({ filter: { query: "орлова", marks: [] } }),
  );
});

test("the rail tells how the service is, and a press checks it", async () => {
  const user = await open("calls");
  const state = screen.getByTestId("rail-state");
  expect(state.textContent).toContain("Всё работает");
  backend.state.service = { ...backend.state.service, level: "degraded", trouble: "no_public_url" };
  backend.changed({ service: true });
  await waitFor(() => expect(state.textContent).toContain("Есть неполадка"));
  await user.click(state);
  await screen.findByTestId("check-result");
  expect(backend.times("connection.check")).toBe(1);
});

test("done in the queue can be taken back by a press as well as by Ctrl+Z", async () => {
  const user = await open("queue");
  const row = (await screen.findAllByTestId("queue-row"))[0] as HTMLElement;
  await user.click(row.querySelector("[data-action=done]") as HTMLElement);
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.last("queue.undo")).toEqual({ ids: [1] }));
});

test("the card after a call with a number that nobody knows has the number", async () => {
  await open("calls");
  await screen.findAllByTestId("call-row");
  const unknown = call({
    id: "01Z",
    name: null,
    contactId: null,
    candidates: [],
    number: "+7 (900) 000-00-33",
  });
  backend.justEnded = [unknown];
  backend.changed({ ended: [unknown.id] });
  expect((await screen.findByTestId("after-call")).textContent).toContain("+7 (900) 000-00-33");
});
