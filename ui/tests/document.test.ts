import { screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { Note } from "../src/rooms/document/note.svelte";
import { backend } from "./fake/backend";
import { input, open } from "./open";

test("the document tells its number, its call and its contact, and prints", async () => {
  const row = backend.calls.find((one) => one.documentId === 40);
  if (row) row.startedAt = "2019-01-31T07:32:49.000Z";
  const user = await open("document/40");
  expect((await screen.findByTestId("document-title")).textContent).toContain(
    "Телефонный звонок № 000000040 от 31.01.2019 10:32",
  );
  expect(backend.title).toBe("Телефонный звонок № 000000040 от 31.01.2019 10:32 — Перезвон");
  expect(screen.getByTestId("document-contact").querySelector("a")?.getAttribute("href")).toBe("#/contact/1");
  expect(screen.getByTestId("document-outcome").textContent).toBe("Принят");
  expect(screen.getByTestId("document-duration").textContent).toBe("03:41");
  expect(screen.getByText("31.01.2019 10:32:49")).toBeTruthy();
  const print = vi.fn();
  vi.stubGlobal("print", print);
  await user.click(screen.getByTestId("document-print"));
  expect(print).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});

test("a note is saved by itself and says so; a change elsewhere does not overwrite what one types", async () => {
  const user = await open("document/40");
  await user.type(await screen.findByTestId("document-note"), "Перезвонить в среду");
  backend.notes.set(40, "чужое");
  backend.changed({ documents: [40] });
  expect(input("document-note").value).toBe("Перезвонить в среду");
  await waitFor(() => expect(screen.getByTestId("document-note-state").dataset.state).toBe("saved"), {
    timeout: 2000,
  });
  expect(backend.notes.get(40)).toBe("Перезвонить в среду");
  expect(backend.times("document.save_note"), "one write for one burst of keys").toBe(1);
});

test("a note is saved at once when the document is left", async () => {
  const user = await open("document/40");
  await user.type(await screen.findByTestId("document-note"), "Срочно");
  backend.emit("navigate", "notifications");
  await screen.findAllByTestId("notification-row");
  expect(backend.notes.get(40)).toBe("Срочно");
});

test("a note that could not be saved says so and can be tried again", async () => {
  backend.fails["document.save_note"] = { code: "disk_full", detail: null };
  const user = await open("document/40");
  await user.type(await screen.findByTestId("document-note"), "Важно");
  await user.tab();
  const state = screen.getByTestId("document-note-state");
  await waitFor(() => expect(state.dataset.state).toBe("failed"));
  expect(state.textContent).toContain("Нет места на диске");
  backend.fails = {};
  await user.click(screen.getByText("Повторить"));
  await waitFor(() => expect(state.dataset.state).toBe("saved"));
  expect(backend.notes.get(40)).toBe("Важно");
});

test("writes of one note follow each other and the last text wins", async () => {
  const written: string[] = [];
  let release = () => undefined as void;
  const note = new Note((text) => {
    written.push(text);
    return new Promise<void>((done) => (release = done));
  });
  note.told("");
  note.typed("a");
  const first = note.flush();
  await vi.waitFor(() => expect(written).toEqual(["a"]));
  note.typed("ab");
  const second = note.flush();
  expect(written).toEqual(["a"]);
  release();
  await first;
  await vi.waitFor(() => expect(written).toEqual(["a", "ab"]));
  release();
  await second;
  expect(note.state).toBe("saved");
});

test("a document that does not exist says so", async () => {
  await open("document/999");
  expect((await screen.findByTestId("failure")).dataset.code).toBe("not_found");
});
