import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { all, open, texts } from "./open";

const text = "Имя;Телефон\nОрлова;+79000000011\n".repeat(30_000);
const file = () => new File([text], "клиенты.csv");

async function chosen() {
  const user = await open("contacts");
  await user.upload(await screen.findByTestId("import-file"), file());
  await screen.findByTestId("import-figures");
  return user;
}

test("a file is sent in pieces and shown before anything is stored", async () => {
  await chosen();
  const bytes = new TextEncoder().encode(text);
  expect(backend.times("import.piece")).toBeGreaterThan(1);
  expect(backend.last("import.begin")).toEqual({ name: "клиенты.csv", size: bytes.length });
  expect(backend.imports.received.length).toBe(bytes.length);
  const sent = Uint8Array.from(backend.imports.received, (letter) => letter.charCodeAt(0));
  expect(new TextDecoder().decode(sent)).toBe(text);
  expect(texts("import-problem").length).toBe(3);
  expect(texts("import-problem")[2]).toContain("149");
  expect(backend.times("import.start")).toBe(0);
});

test("encoding, separator and columns may be chosen", async () => {
  const user = await chosen();
  await user.selectOptions(all("import-role")[2] as HTMLElement, "company");
  await waitFor(() =>
    expect(backend.last("import.read")).toEqual({
      how: { encoding: null, separator: null, sheet: null, columns: ["name", "phone", "company", "note"] },
    }),
  );
  await user.selectOptions(screen.getByTestId("import-encoding"), "IBM866");
  await waitFor(() =>
    expect(backend.last("import.read")).toEqual({
      how: { encoding: "IBM866", separator: null, sheet: null, columns: null },
    }),
  );
});

test("the contacts are stored with progress, and the import is taken back", async () => {
  const user = await chosen();
  await waitFor(() => expect(screen.getByTestId("import-start").hasAttribute("disabled")).toBe(false));
  expect(screen.getByTestId("import-start").textContent).toContain("196");
  await user.click(screen.getByTestId("import-leave-same"));
  expect(screen.getByTestId("import-start").textContent).toContain("198");
  await user.click(screen.getByTestId("import-start"));
  expect((await screen.findByTestId("import-progress")).getAttribute("value")).toBe("100");
  expect(backend.last("import.start")).toEqual({ leaveSame: false });
  expect((await screen.findByTestId("import-result")).textContent).toContain("192");
  await user.click(screen.getByTestId("import-undo"));
  await waitFor(() => expect(screen.getByTestId("import-result").textContent).toContain("Загрузка отменена"));
  expect(backend.last("import.undo")).toEqual({ id: 3 });
  expect(all("import-undo").length).toBe(0);
  await user.click(screen.getByTestId("import-close"));
  await waitFor(() => expect(backend.times("import.close")).toBe(1));
});

test("the storing can be stopped", async () => {
  backend.imports.step = 0;
  const user = await chosen();
  await waitFor(() => expect(screen.getByTestId("import-start").hasAttribute("disabled")).toBe(false));
  await user.click(screen.getByTestId("import-start"));
  await user.click(await screen.findByTestId("import-stop"));
  expect((await screen.findByTestId("import-result")).textContent).toContain("Загрузка остановлена");
  expect(screen.getByTestId("import-undo")).toBeTruthy();
});

test("a file that cannot be read says so", async () => {
  backend.fails["import.read"] = { code: "file_unreadable", detail: null };
  const user = await open("contacts");
  await user.upload(await screen.findByTestId("import-file"), file());
  expect(await screen.findByText(/Это не файл с контактами/)).toBeTruthy();
  expect(screen.getByTestId("import-start").hasAttribute("disabled")).toBe(true);
});

test("the sheet of a workbook is chosen, and columns are told to be those of last time", async () => {
  backend.imports.sheets = ["Клиенты", "Архив"];
  backend.imports.remembered = true;
  const user = await open("contacts");
  await user.upload(await screen.findByTestId("import-file"), new File(["x"], "клиенты.xlsx"));
  await user.selectOptions(await screen.findByTestId("import-sheet"), "Архив");
  await waitFor(() =>
    expect(backend.last("import.read")).toMatchObject({ how: { sheet: "Архив", columns: null } }),
  );
  expect(screen.getByTestId("import-remembered").textContent).toContain("как в прошлый раз");
});

test("files that are read by themselves are named in the settings, and each tells how it stands", async () => {
  const user = await open("settings/general");
  await user.type(
    await screen.findByTestId("settings-contact-files"),
    "/srv/1c/клиенты.csv{Enter}/srv/1c/нет.csv",
  );
  await user.tab();
  await waitFor(() =>
    expect(backend.state.settings.contactFiles).toEqual(["/srv/1c/клиенты.csv", "/srv/1c/нет.csv"]),
  );
  await waitFor(() =>
    expect(all("watched-file").map((one) => one.dataset.state)).toEqual(["read", "missing"]),
  );
  expect(texts("watched-file")[0]).toContain("новых и изменённых: 12, пропущено строк: 3");
});
