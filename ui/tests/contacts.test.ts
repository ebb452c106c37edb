import { screen, waitFor } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { blank, clean, finished, problems, readNumbers } from "../src/lib/draft";
import { backend } from "./fake/backend";
import { keyNumber } from "./fake/data";
import { app } from "../src/lib/app.svelte";
import { all, input, open, texts } from "./open";

test("a draft is checked field by field, its numbers by the app, and sent trimmed, without empty numbers", async () => {
  const draft = blank(" +7 900 000-00-21 ", " ");
  draft.numbers.push(
    { display: "8 (900) 000-00-21", key: "", label: "" },
    { display: "ой", key: "", label: "" },
  );
  draft.email = "нет";
  const read = new Map<string, string | null>();
  expect(problems(draft, read).numbers, "not read yet").toEqual([null, null, null]);
  await readNumbers(draft, read);
  expect(backend.times("dial.find")).toBe(3);
  await readNumbers(draft, read);
  expect(backend.times("dial.find"), "each text once").toBe(3);
  expect(problems(draft, read)).toEqual({ name: true, email: true, numbers: [null, "twice", "bad"] });
  const good = { ...blank(" +7 900 000-00-21 ", " Ян "), email: " " };
  good.numbers.push({ display: " ", key: "", label: "факс" });
  await readNumbers(good, read);
  expect(clean(problems(good, read))).toBe(true);
  expect(finished(good)).toMatchObject({
    name: "Ян",
    email: "",
    numbers: [{ display: "+7 900 000-00-21", key: "", label: "" }],
  });
});

test("a short number outside the company keeps its key as long as it is not written anew", async () => {
  const draft = { ...blank("short:900", ""), name: "Банк" };
  const read = new Map<string, string | null>();
  await readNumbers(draft, read);
  expect([...read]).toEqual([["900", "short:900"]]);
  expect(draft.numbers).toEqual([{ display: "900", key: "short:900", label: "" }]);
  expect(finished(draft).numbers).toEqual([{ display: "900", key: "short:900", label: "" }]);
});

test("a reading that another question of the window ends is begun again, so many times", async () => {
  const draft = blank("+7 900 000-00-21", "Ян");
  const read = new Map<string, string | null>();
  backend.overtake("dial.find", 4);
  await readNumbers(draft, read);
  expect(read.size).toBe(1);
  backend.reset();
  backend.overtake("dial.find", 5);
  await expect(readNumbers(draft, new Map())).rejects.toMatchObject({ code: "overtaken" });
  expect(backend.times("dial.find")).toBe(5);
});

test("a contact is saved though the reading of its number is overtaken", async () => {
  const user = await open("contact/new?number=%2B79000000011");
  await user.type(await screen.findByTestId("form-name"), "Ян");
  backend.overtake("dial.find", 4);
  await user.click(screen.getByTestId("form-save"));
  await waitFor(() => expect(backend.times("contacts.save")).toBe(1));
});

test("a call that comes in meanwhile takes no letter from the field in which one types", async () => {
  const user = await open("contact/new");
  const number = await screen.findByTestId<HTMLInputElement>("form-number");
  await user.type(number, "8 900 00");
  backend.state.unseen += 1;
  backend.changed({});
  await waitFor(() => expect(app.state?.unseen).toBe(backend.state.unseen));
  await user.keyboard("0-00-77");
  expect([number.value, document.activeElement]).toEqual(["8 900 000-00-77", number]);
});

test("Esc closes what is open above the form, and then the form", async () => {
  const user = await open("contact/new");
  await screen.findByTestId("contact-form");
  const above = document.body.appendChild(document.createElement("dialog"));
  above.open = true;
  await user.keyboard("{Escape}");
  expect(screen.queryByTestId("contact-form")).toBeTruthy();
  above.remove();
  const taken = (event: KeyboardEvent) => event.preventDefault();
  document.body.addEventListener("keydown", taken);
  await user.keyboard("{Escape}");
  expect(screen.queryByTestId("contact-form"), "somebody has heard it").toBeTruthy();
  document.body.removeEventListener("keydown", taken);
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("contact-form")).toBeNull());
});

test("a space within a name that is typed in the list belongs to it", async () => {
  const [pattern] = backend.contacts;
  if (!pattern) throw new Error("no contacts");
  backend.contacts = ["Ли Анна", "Ли Яна"].map((name, n) => ({ ...pattern, id: n + 1, name }));
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  screen.getByTestId("contacts-list").focus();
  await user.keyboard("ли я");
  const id = screen.getByTestId("contacts-list").getAttribute("aria-activedescendant");
  expect(document.getElementById(id ?? "")?.querySelector(".title")?.textContent).toBe("Ли Яна");
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

test("the card tells who is responsible, tags, own fields, the company, what is to come and what was recorded", async () => {
  const user = await open("contact/1");
  expect((await screen.findByTestId("contact-responsible")).textContent).toBe("Смирнова Анна");
  expect(texts("contact-tag")).toEqual(["постоянный", "оптом"]);
  expect(texts("contact-field")).toEqual(["№ 12 от 31.01.2026"]);
  expect(texts("contact-reminder")[0]).toContain("Сказать о скидке");
  await user.click(all("contact-document")[0] as HTMLElement);
  await screen.findByTestId("document-number");
  backend.emit("navigate", "contact/1");
  await user.click(await screen.findByTestId("contact-company"));
  await waitFor(() => expect(screen.getByTestId("contact-name").textContent).toBe("ООО «Берёзка»"));
  expect(texts("contact-person")).toEqual(["Орлова Дарья"]);
  await user.click(screen.getByTestId("contact-edit"));
  await user.type(await screen.findByTestId("form-responsible"), "Кузнецов Олег");
  await user.type(screen.getByTestId("form-tag-field"), "опт{Enter}");
  await user.click(screen.getByTestId("form-add-field"));
  await user.type(screen.getByTestId("form-field-name"), "ИНН");
  await user.type(screen.getByTestId("form-field-value"), "7700000000");
  await user.click(screen.getByTestId("form-save"));
  await waitFor(() =>
    expect(backend.last("contacts.save")?.["draft"]).toMatchObject({
      about: {
        tags: ["опт"],
        responsible: "Кузнецов Олег",
        fields: [{ name: "ИНН", value: "7700000000" }],
      },
    }),
  );
});

test("the form says in place what is wrong and saves nothing", async () => {
  const user = await open("contact/new");
  await user.type(await screen.findByTestId("form-number"), "ой");
  await user.type(input("form-email"), "нет");
  await user.click(screen.getByTestId("form-save"));
  expect(await screen.findByText("Укажите имя или название.")).toBeTruthy();
  expect(screen.getByText("Это не похоже на номер телефона.")).toBeTruthy();
  expect(screen.getByText("Это не похоже на адрес эл. почты.")).toBeTruthy();
  expect(input("form-name").getAttribute("aria-invalid")).toBe("true");
  await waitFor(() => expect(document.activeElement).toBe(input("form-name")));
  expect(backend.times("contacts.save")).toBe(0);
  await user.clear(input("form-number"));
  await user.type(input("form-number"), "8 900 000-00-33");
  await waitFor(() => expect(screen.queryByText("Это не похоже на номер телефона.")).toBeNull());
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
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(backend.contacts.find((one) => one.id === 3)?.name).toBe("Лебедев Антон"));
  window.location.hash = "#/contact/3";
  expect((await screen.findByTestId("contact-card")).textContent, "what leads to it holds").toContain(
    "Лебедев",
  );
});

test("a long list is read page by page, to its end and not beyond", async () => {
  const [pattern] = backend.contacts;
  if (!pattern) throw new Error("no contacts");
  backend.contacts = Array.from({ length: 130 }, (_, n) => ({ ...pattern, id: n + 1, name: `Контакт ${n}` }));
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  expect(backend.last("contacts.list")).toEqual({ query: "", cursor: null, back: false, limit: 100 });
  screen.getByTestId("contacts-list").focus();
  await user.keyboard("{End}");
  const list = screen.getByTestId("contacts-list-scroll");
  list.scrollTop = 4600;
  list.dispatchEvent(new Event("scroll"));
  await waitFor(() =>
    expect(backend.last("contacts.list")).toEqual({ query: "", cursor: "100", back: false, limit: 100 }),
  );
  list.scrollTop = 6400;
  list.dispatchEvent(new Event("scroll"));
  await waitFor(() => expect(texts("contact-row").at(-1)).toContain("Контакт 129"));
  expect(backend.times("contacts.list")).toBe(2);
});

test("two contacts of one person become one, and one click takes that back", async () => {
  const user = await open("contact/1");
  await user.click(await screen.findByTestId("contact-merge"));
  await user.type(await screen.findByTestId("attach-search"), "лебедев");
  await waitFor(() => expect(texts("attach-contact").length).toBe(1));
  await user.click(screen.getByTestId("attach-contact"));
  await waitFor(() => expect(backend.last("contacts.merge")).toEqual({ ids: [1, 3] }));
  await waitFor(() => expect(all("contact-row").length).toBe(6));
  await user.click(await screen.findByTestId("message-undo"));
  await waitFor(() => expect(all("contact-row").length).toBe(7));
});

test("all contacts are saved to a file, and its place is told", async () => {
  const user = await open("contacts");
  await user.click(await screen.findByTestId("contacts-export"));
  await user.click(await screen.findByTestId("contacts-export-csv"));
  expect((await screen.findByTestId("message")).textContent).toContain("Контакты.csv");
});

test("the card tells what was written about its calls", async () => {
  const own = backend.calls.find((row) => row.contactId === 1)?.id ?? "";
  backend.notes.set(own, { outcome: "Договорились", note: "Счёт до пятницы", tags: [], next: "" });
  await open("contact/1");
  await waitFor(() =>
    expect(texts("contact-said").map((text) => text.replace(/\s+/g, " "))).toEqual([
      "Договорились Счёт до пятницы",
    ]),
  );
});

test("who deletes a row goes on from its place", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  const list = screen.getByTestId("contacts-list");
  const active = () => {
    const id = list.getAttribute("aria-activedescendant");
    return id === null ? null : document.getElementById(id)?.querySelector(".title")?.textContent;
  };
  const remove = async () => {
    await user.keyboard("{Delete}");
    await user.click(await screen.findByTestId("confirm-yes"));
  };
  list.focus();
  await user.keyboard("{Home}{ArrowDown}{ArrowDown}");
  expect(active()).toBe("Лебедев Антон");
  await remove();
  await waitFor(() => expect(active(), "who stands there now").toBe("Романова Вера"));
  list.focus();
  await user.keyboard("{ArrowDown}");
  expect(active()).toBe("Тихонов Лев");
  await user.keyboard("{End}");
  await remove();
  await waitFor(() => expect(active(), "of the last one who was above").toBe("Орлов Максим"));

  // It comes to the row that has moved, too: who is added above does not count.
  backend.contacts = [
    { ...(backend.contacts[0] as (typeof backend.contacts)[number]), id: 99, name: "Абрамов Ян" },
    ...backend.contacts,
  ];
  backend.changed({ contacts: "many" });
  await waitFor(() => expect(texts("contact-row")[0]).toContain("Абрамов"));
  expect(active()).toBe("Орлов Максим");
});

test("letters typed in the list go to the first such name, also where nothing was read yet", async () => {
  const user = await open("contacts");
  await screen.findAllByTestId("contact-row");
  screen.getByTestId("contacts-list").focus();
  const active = () => {
    const id = screen.getByTestId("contacts-list").getAttribute("aria-activedescendant");
    return id === null ? null : document.getElementById(id)?.querySelector(".title")?.textContent;
  };
  await user.keyboard("ро");
  expect(active()).toBe("Романова Вера");
  await user.keyboard("{Home}");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  await user.keyboard("т");
  expect(active(), "letters of another time begin anew").toBe("Тихонов Лев");
  vi.setSystemTime(Date.now() + 60_000);
  await user.keyboard("п");
  await waitFor(() => expect(active(), "nobody has such a name: who is next").toBe("Романова Вера"));
  expect(input("contacts-search").value).toBe("");

  backend.contacts = Array.from({ length: 150 }, (_, n) => ({
    ...(backend.contacts[0] as (typeof backend.contacts)[number]),
    id: n + 1,
    name: n < 140 ? `Андреев ${n}` : `Яковлев ${n}`,
  }));
  backend.changed({ contacts: "many" });
  await waitFor(() => expect(texts("contact-row")[0]).toContain("Андреев"));
  screen.getByTestId("contacts-list").focus();
  vi.setSystemTime(Date.now() + 60_000);
  await user.keyboard("яко");
  await waitFor(() => expect(active(), "far below what was read").toBe("Яковлев 140"));
  expect(input("contacts-search").value, "nothing is filtered").toBe("");
  expect(document.activeElement, "one goes on in the list").toBe(screen.getByTestId("contacts-list"));
  await user.keyboard("{ArrowDown}");
  await waitFor(() => expect(active()).toBe("Яковлев 141"));
  vi.setSystemTime(Date.now() + 60_000);
  await user.keyboard("а");
  await waitFor(() => expect(active(), "and back to the top").toBe("Андреев 0"));
});
