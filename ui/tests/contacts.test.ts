import { screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { blank, clean, finished, looksLikeNumber, problems } from "../src/lib/draft";
import { backend } from "./fake/backend";
import { keyNumber } from "./fake/data";
import { all, input, open, texts } from "./open";

test.each([
  "+7 (495) 123-45-67",
  "8 800 000-00-11",
  "79000000021",
  "101",
  "+79000000021 доб. 12",
  "495 123 45 67,103",
  "*21",
])("%s looks like a number", (text) => expect(looksLikeNumber(text)).toBe(true));
test.each(["8 (495) 000-00-16,,13#", "+7 495 000-00-01, внутр. тел. 12", "+7 495 000-00-01 (доб. 12)"])(
  "%s looks like a number with an extension",
  (text) => expect(looksLikeNumber(text)).toBe(true),
);
test.each(["", "7", "Иванов", "ivanov@example.org", "+", "12345678901234567890123456", "1a2b3c"])(
  "«%s» does not look like a number",
  (text) => expect(looksLikeNumber(text)).toBe(false),
);

test("a draft is checked field by field and sent trimmed, without empty numbers", () => {
  const draft = blank(" +7 900 000-00-21 ", " ");
  draft.numbers.push(
    { display: "8 (900) 000-00-21", key: "", label: "" },
    { display: "ой", key: "", label: "" },
  );
  draft.email = "нет";
  expect(problems(draft)).toEqual({ name: true, email: true, numbers: [null, "twice", "bad"] });
  const good = { ...blank(" +7 900 000-00-21 ", " Ян "), email: " " };
  good.numbers.push({ display: " ", key: "", label: "факс" });
  expect(clean(problems(good))).toBe(true);
  expect(finished(good)).toMatchObject({
    name: "Ян",
    email: "",
    numbers: [{ display: "+7 900 000-00-21", key: "", label: "" }],
  });
});

test("a short number outside the company keeps its key as long as it is not written anew", () => {
  const draft = { ...blank("short:900", ""), name: "Банк" };
  expect(draft.numbers).toEqual([{ display: "900", key: "short:900", label: "" }]);
  expect(finished(draft).numbers).toEqual([{ display: "900", key: "short:900", label: "" }]);
});

test("the card shows its numbers, each with «Позвонить», and the calls over all of them", async () => {
  const user = await open("contact/1");
  expect((await screen.findByTestId("contact-name")).textContent).toBe("Орлова Дарья");
  expect(backend.title).toBe("Орлова Дарья — Перезвон");
  expect(texts("contact-number").length).toBe(2);
  expect(all("call-row").length).toBe(backend.calls.filter((row) => row.contactId === 1).length);
  await user.click(all("contact-call")[1] as HTMLElement);
  expect(backend.last("calls.call_back")).toEqual({ number: keyNumber(16) });
});

test("the form says in place what is wrong and saves nothing", async () => {
  const user = await open("contact/new");
  await user.type(await screen.findByTestId("form-number"), "ой");
  await user.type(input("form-email"), "нет");
  await user.click(screen.getByTestId("form-save"));
  expect(screen.getByText("Укажите имя или название.")).toBeTruthy();
  expect(screen.getByText("Это не похоже на номер телефона.")).toBeTruthy();
  expect(screen.getByText("Это не похоже на адрес эл. почты.")).toBeTruthy();
  expect(input("form-name").getAttribute("aria-invalid")).toBe("true");
  expect(document.activeElement).toBe(input("form-name"));
  expect(backend.times("contacts.save")).toBe(0);
});

test("a caller becomes a contact: number filled in, saved, card open, their calls renamed", async () => {
  const user = await open("call/01J00000000000000000000002");
  await user.click(await screen.findByTestId("panel-create"));
  await user.type(await screen.findByTestId("form-name"), "Новиков Егор");
  expect(input("form-number").value).toBe("+7 (900) 000-00-21");
  await user.selectOptions(screen.getByTestId("form-kind"), "contact_person");
  await user.click(screen.getByTestId("form-save"));
  expect((await screen.findByTestId("contact-name")).textContent).toBe("Новиков Егор");
  expect(backend.last("contacts.save")).toMatchObject({
    draft: {
      id: null,
      kind: "contact_person",
      name: "Новиков Егор",
      numbers: [{ display: "+7 (900) 000-00-21" }],
    },
  });
  expect(window.location.hash).toBe("#/contact/8");
});

test("what the app refuses is told in the form, and nothing typed is lost", async () => {
  backend.fails["contacts.save"] = { code: "storage", detail: "Орлова Дарья" };
  const user = await open("contact/new?number=%2B79000000011");
  await user.type(await screen.findByTestId("form-name"), "Ян");
  await user.click(screen.getByTestId("form-save"));
  const failure = await screen.findByTestId("failure");
  expect(failure.textContent).toContain("Не удалось прочитать или записать");
  expect(failure.textContent).toContain("Орлова Дарья");
  expect(input("form-name").value).toBe("Ян");
});

test("leaving a changed form asks first: stay, save, or give up", async () => {
  const user = await open("contact/1");
  await screen.findByTestId("contact-name");
  await user.keyboard("{F2}");
  await user.type(await screen.findByTestId("form-name"), " Ивановна");
  await user.click(screen.getByTestId("nav-notifications"));
  await user.click(await screen.findByTestId("unsaved-stay"));
  expect(input("form-name").value).toBe("Орлова Дарья Ивановна");
  expect(window.location.hash).toBe("#/contact/1");
  await user.click(screen.getByTestId("nav-notifications"));
  await user.click(await screen.findByTestId("unsaved-save"));
  await waitFor(() => expect(window.location.hash).toBe("#/notifications"));
  expect(backend.last("contacts.save")).toMatchObject({ draft: { id: 1, name: "Орлова Дарья Ивановна" } });
});

test("an unchanged form lets one go without a question", async () => {
  const user = await open("contact/1");
  await user.click(await screen.findByTestId("contact-edit"));
  await screen.findByTestId("contact-form");
  await user.click(screen.getByTestId("nav-calls"));
  await waitFor(() => expect(window.location.hash).toBe("#/calls"));
  expect(screen.queryByTestId("unsaved-dialog")).toBeNull();
});

test("closing the window with a changed form asks first", async () => {
  const user = await open("contact/1");
  await screen.findByTestId("contact-name");
  await user.keyboard("{F2}");
  await screen.findByTestId("form-name");
  expect(await backend.close()).toBe(true);
  await user.type(input("form-name"), " Ивановна");
  const stayed = backend.close();
  await user.click(await screen.findByTestId("unsaved-stay"));
  expect(await stayed).toBe(false);
  const saved = backend.close();
  await screen.findByTestId("unsaved-dialog");
  expect(await backend.close()).toBe(false);
  await user.click(screen.getByTestId("unsaved-save"));
  expect(await saved).toBe(true);
  expect(backend.last("contacts.save")).toMatchObject({ draft: { id: 1, name: "Орлова Дарья Ивановна" } });
});

test("a contact is deleted only after the question", async () => {
  const user = await open("contact/3");
  await user.click(await screen.findByTestId("contact-delete"));
  expect(screen.getByTestId("confirm").textContent).toContain("Лебедев Антон");
  expect(backend.times("contacts.delete")).toBe(0);
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(window.location.hash).toBe("#/contacts"));
  expect(backend.last("contacts.delete")).toEqual({ id: 3 });
  await waitFor(() => expect(texts("contact-row").some((text) => text.includes("Лебедев"))).toBe(false));
});

test("a long list is read page by page, to its end and not beyond", async () => {
  const [pattern] = backend.contacts;
  if (!pattern) throw new Error("no contacts");
  backend.contacts = Array.from({ length: 130 }, (_, n) => ({ ...pattern, id: n + 1, name: `Контакт ${n}` }));
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  expect(backend.last("contacts.list")).toEqual({ query: "", cursor: null, limit: 100 });
  screen.getByTestId("contacts-list").focus();
  await user.keyboard("{End}");
  const list = screen.getByTestId("contacts-list-scroll");
  list.scrollTop = 4600;
  list.dispatchEvent(new Event("scroll"));
  await waitFor(() =>
    expect(backend.last("contacts.list")).toEqual({ query: "", cursor: "100", limit: 100 }),
  );
  list.scrollTop = 6400;
  list.dispatchEvent(new Event("scroll"));
  await waitFor(() => expect(texts("contact-row").at(-1)).toContain("Контакт 129"));
  expect(backend.times("contacts.list")).toBe(2);
});
