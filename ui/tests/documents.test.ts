/** The list of documents. */
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { backend } from "./fake/backend";
import { all, open, texts } from "./open";

const note = (call: string, note: string) =>
  backend.notes.set(call, { outcome: "Отказ", note, tags: ["срочно"], next: "Отправить счёт" });

test("the list tells what was written, is searched and filtered, and opens a document", async () => {
  const one = backend.calls.find((row) => row.documentId !== null);
  note(one?.id ?? "", "Дорого");
  const user = await open("documents");
  const count = backend.calls.filter((row) => row.documentId !== null).length;
  expect((await screen.findAllByTestId("document-row")).length).toBe(count);
  expect(texts("document-row").some((text) => text.includes("Отказ · Дорого · → Отправить счёт"))).toBe(true);
  await user.type(screen.getByTestId("documents-search"), "дорого");
  await waitFor(() => expect(all("document-row").length).toBe(1));
  await user.click(screen.getByTestId("documents-kind-next"));
  await waitFor(() =>
    expect(backend.last("document.list")).toMatchObject({ filter: { kind: "next", query: "дорого" } }),
  );
  await user.click((await screen.findAllByTestId("document-row"))[0] as HTMLElement);
  expect(await screen.findByTestId("document-number")).toBeTruthy();
  expect(screen.getByTestId("nav-document").getAttribute("aria-current")).toBe("page");
});

test("its rows have menus, and nothing found says what to do", async () => {
  const user = await open("documents");
  await fireEvent.contextMenu((await screen.findAllByTestId("document-row"))[0] as HTMLElement);
  expect(await screen.findByTestId("row-menu-open")).toBeTruthy();
  await user.keyboard("{Escape}");
  await user.type(screen.getByTestId("documents-search"), "никого такого");
  expect((await screen.findByTestId("empty")).textContent).toContain("Измените отбор");
});
