import { screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { Written } from "../src/lib/written.svelte";
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

const callOf = () => backend.calls.find((one) => one.documentId === 40)?.id ?? "";
const stored = () => backend.notes.get(callOf());

test("a note is saved by itself and says so; a change elsewhere does not overwrite what one types", async () => {
  const user = await open("document/40");
  await user.type(await screen.findByTestId("written-note"), "Перезвонить в среду");
  backend.notes.set(callOf(), { outcome: "", note: "чужое", tags: [], next: "" });
  backend.changed({ documents: [40] });
  expect(input("written-note").value).toBe("Перезвонить в среду");
  await waitFor(() => expect(screen.getByTestId("written-state").dataset.state).toBe("saved"), {
    timeout: 2000,
  });
  expect(stored()?.note).toBe("Перезвонить в среду");
  expect(backend.times("notes.save"), "one write for one burst of keys").toBe(1);
});

test("a note is saved at once when the document is left", async () => {
  const user = await open("document/40");
  await user.type(await screen.findByTestId("written-note"), "Срочно");
  backend.emit("navigate", "notifications");
  await screen.findAllByTestId("notification-row");
  await waitFor(() => expect(stored()?.note).toBe("Срочно"));
});

test("a note that could not be saved says so and can be tried again", async () => {
  backend.fails["notes.save"] = { code: "disk_full", detail: null };
  const user = await open("document/40");
  await user.type(await screen.findByTestId("written-note"), "Важно");
  await user.tab();
  const state = screen.getByTestId("written-state");
  await waitFor(() => expect(state.dataset.state).toBe("failed"));
  expect(state.textContent).toContain("Нет места на диске");
  backend.fails = {};
  await user.click(screen.getByText("Повторить"));
  await waitFor(() => expect(state.dataset.state).toBe("saved"));
  expect(stored()?.note).toBe("Важно");
});

test("an outcome is one click, and the same click takes it back; tags and the next step are kept", async () => {
  const user = await open("document/40");
  await user.click((await screen.findAllByTestId("written-outcome"))[0] as HTMLElement);
  await waitFor(() => expect(stored()?.outcome).toBe("Договорились"));
  await user.type(screen.getByTestId("written-tag-field"), "счёт{Enter}");
  await user.type(screen.getByTestId("written-next"), "Отправить счёт");
  await user.tab();
  await waitFor(() => expect(stored()).toMatchObject({ tags: ["счёт"], next: "Отправить счёт" }));
  await user.click(screen.getAllByTestId("written-outcome")[0] as HTMLElement);
  await waitFor(() => expect(stored()?.outcome).toBe(""));
});

test("writes of one note follow each other and the last text wins", async () => {
  const written: string[] = [];
  let release = () => undefined as void;
  const note = new Written(({ note }) => {
    written.push(note);
    return new Promise<void>((done) => (release = done));
  });
  note.type({ note: "a" });
  const first = note.flush();
  await vi.waitFor(() => expect(written).toEqual(["a"]));
  note.type({ note: "ab" });
  const second = note.flush();
  expect(written).toEqual(["a"]);
  release();
  await first;
  await vi.waitFor(() => expect(written).toEqual(["a", "ab"]));
  release();
  await second;
  expect(note.state).toBe("saved");
});

test("what is told late replaces nothing that was typed, not even a blank", async () => {
  const note = new Written(() => Promise.resolve());
  const of = (note: string) => ({ outcome: "", note, tags: [], next: "" });
  note.told(of("Было"));
  const asked = note.writes;
  note.type({ note: "Ждёт" });
  await note.flush();
  note.told(of("Было"), asked);
  expect(note.value.note).toBe("Ждёт");
  note.type({ note: "Ждёт " });
  note.told(of("Другое"));
  expect(note.value.note).toBe("Ждёт ");
  await note.flush();
  note.told(of("Другое"));
  expect(note.value.note).toBe("Другое");
});

test("a document that does not exist says so", async () => {
  await open("document/999");
  expect((await screen.findByTestId("failure")).dataset.code).toBe("not_found");
});
