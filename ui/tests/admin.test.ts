import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import type { AbonentRow } from "../src/lib/bindings/AbonentRow";
import { backend } from "./fake/backend";
import { rows } from "./fake/company";
import { all, input, open, texts } from "./open";

const service = (over: Partial<typeof backend.state.service>) =>
  (backend.state = { ...backend.state, service: { ...backend.state.service, ...over } });
const row = (testid: string, text: string) => {
  const found = all(testid).find((one) => one.textContent?.includes(text));
  if (!found) throw new Error(`no ${testid} with ${text}`);
  return found;
};
const recording = (name: string) => within(row("abonent-row", name)).getByTestId("abonent-recording");

/** Finds an abonent in the field of the invitation by a part of the name. */
async function choose(user: Awaited<ReturnType<typeof open>>, one: AbonentRow): Promise<void> {
  const field = screen.getByTestId("invite-abonent");
  await user.click(field);
  await user.keyboard((one.lastName ?? one.phone ?? "").slice(0, 5));
  const options = await screen.findAllByTestId("invite-abonent-option");
  expect(options).toHaveLength(1);
  await user.click(options[0] as HTMLElement);
}

test("only an administrator has the pages of administration", async () => {
  service({ admin: false });
  await open("abonents");
  expect(screen.queryByTestId("nav-abonents")).toBeNull();
  expect(screen.getByText("Этот раздел открыт только администраторам.")).toBeTruthy();
  expect(backend.times("company.list")).toBe(0);
  expect(screen.queryByTestId("strip-subscription")).toBeNull();
});

test("a recording is switched after a question, at once, and told", async () => {
  const user = await open("abonents");
  await waitFor(() => expect(all("abonent-row")).toHaveLength(7));
  expect(recording("Смирнова Анна").dataset.on).toBe("false");
  expect(row("abonent-row", "Иванов Пётр").textContent).toContain("Администратор, ");

  await user.click(recording("Смирнова Анна"));
  expect(screen.getByTestId("confirm").textContent).toContain("Включить запись разговоров?");
  await user.click(screen.getByText("Отмена"));
  expect(backend.times("company.switch_recording")).toBe(0);

  await user.click(recording("Смирнова Анна"));
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() =>
    expect(backend.last("company.switch_recording")).toEqual({ abonent: rows()[1]?.id, on: true }),
  );
  await waitFor(() => expect(recording("Смирнова Анна").dataset.on).toBe("true"));
  expect((await screen.findByTestId("message")).textContent).toContain("Смирнова Анна");
  expect(row("abonent-row", "Смирнова Анна").textContent).toContain("Администратор, ");
});

test("a switch that the PBX refuses goes back and says why", async () => {
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  backend.fails["company.switch_recording"] = { code: "pbx_refused", detail: "403" };
  await user.click(recording("Иванов Пётр"));
  await user.click(screen.getByTestId("confirm-yes"));
  expect((await screen.findByTestId("message-bad")).textContent).toContain("АТС отказалась");
  expect(recording("Иванов Пётр").dataset.on).toBe("true");
  backend.fails = {};

  backend.company.stubborn = true;
  await user.click(recording("Иванов Пётр"));
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(screen.getByTestId("message-bad").textContent).toContain("прежнее состояние"));
  expect(recording("Иванов Пётр").dataset.on).toBe("true");
});

test("filling from the PBX shows what would change before it does", async () => {
  const [first, second, third] = rows();
  if (!first || !second || !third) throw new Error("abonents");
  const user = await open("abonents");
  await screen.findAllByTestId("abonent-row");
  await user.click(screen.getByTestId("abonents-fill"));
  expect((await screen.findByTestId("fill-same")).textContent).toContain("совпадает");
  await user.click(screen.getByTestId("fill-close"));

  backend.company.diff = {
    new: [{ ...first, id: "9000000008@mpbx.sip.beeline.ru", lastName: "Новая", firstName: "Вера" }],
    changed: [{ before: second, after: { ...second, extension: "202" } }],
    gone: [third],
  };
  await user.click(screen.getByTestId("abonents-fill"));
  expect((await screen.findByTestId("fill-new")).textContent).toContain("Новая Вера");
  expect(screen.getByTestId("fill-changed").textContent).toMatch(/Добавочный:\s*102\s*→\s*202/);
  expect(screen.getByTestId("fill-gone").textContent).toContain("Кузнецов Олег");
  expect(backend.times("company.fill")).toBe(0);
  await user.click(screen.getByTestId("fill-save"));
  await waitFor(() => expect(screen.queryByTestId("fill-dialog")).toBeNull());
  await waitFor(() =>
    expect(
      all("abonent-row")
        .map((one) => one.textContent)
        .join(),
    ).toContain("Новая Вера"),
  );
  expect(
    all("abonent-row")
      .map((one) => one.textContent)
      .join(),
  ).not.toContain("Кузнецов");
});

test("subscriptions: state, countdown, cause with its way out, renewal by hand", async () => {
  backend.company.subscriptions.keeper = {
    ...backend.company.subscriptions.keeper,
    state: "failing",
    trouble: "token_refused",
    failure: {
      code: "pbx_unauthorized",
      message: "АТС не принимает токен",
      messageEn: "refused",
      fix: "Создайте новый токен.",
      fixEn: "make one",
    },
  };
  const user = await open("subscriptions");
  const told = await screen.findByTestId("keeper-failure");
  expect(told.textContent).toContain("АТС не принимает токен. Создайте новый токен.");
  expect(within(told).getByText("Исправить").getAttribute("href")).toBe("#/settings/connection");
  expect(screen.getByTestId("keeper-next").textContent).toMatch(/через \d\d:\d\d/);
  expect(all("subscription-row").map((one) => one.dataset.active)).toEqual([
    "true",
    "false",
    "false",
    "false",
  ]);
  await user.click(screen.getByTestId("subscriptions-renew"));
  await waitFor(() => expect(screen.getByTestId("keeper").dataset.state).toBe("active"));
  expect(screen.queryByTestId("keeper-failure")).toBeNull();
});

test("what cannot be renewed is not offered to be", async () => {
  backend.company.subscriptions.keeper = {
    ...backend.company.subscriptions.keeper,
    state: "no_public_url",
    trouble: "no_public_url",
    failure: null,
  };
  await open("subscriptions");
  await screen.findByTestId("keeper-failure");
  expect(screen.getByTestId<HTMLButtonElement>("subscriptions-renew").disabled).toBe(true);
});

test("the event log is searched, filtered, read to an event, repeated and exported", async () => {
  const user = await open("events");
  await screen.findAllByTestId("event-row");
  await user.click(within(screen.getByTestId("journal-bad")).getByRole("checkbox"));
  await waitFor(() => expect(all("event-row").map((one) => one.dataset.seq)).toEqual(["238"]));
  await user.click(all("event-row")[0] as HTMLElement);
  expect((await screen.findByTestId("event-error")).textContent).toContain("повреждённый XML, байт 10");
  // A newer version may read it.
  await user.click(screen.getByTestId("event-replay"));
  expect((await screen.findByTestId("event-replayed")).textContent).toContain("по-прежнему не читается");

  await user.click(within(screen.getByTestId("journal-bad")).getByRole("checkbox"));
  await user.type(input("journal-search"), "900223:1");
  await waitFor(() =>
    expect(backend.last("journal.events")).toMatchObject({ filter: { query: "900223:1", bad: false } }),
  );
  await waitFor(() => expect(all("event-row").map((one) => one.dataset.seq)).toEqual(["23"]));
  await user.click(all("event-row")[0] as HTMLElement);
  await waitFor(() =>
    expect(screen.getByTestId("event-raw").textContent).toContain("<xsi:callId>callhalf-1:0"),
  );
  await user.click(screen.getByTestId("event-replay"));
  expect((await screen.findByTestId("event-replayed")).textContent).toMatch(/Итог:\s*звонит → пропущен/);

  await user.click(screen.getByTestId("journal-export"));
  expect((await screen.findByTestId("message")).textContent).toContain("perezvon-events.jsonl");
  expect(backend.last("journal.export")).toEqual({ filter: { query: "900223:1", bad: false } });

  await user.clear(input("journal-search"));
  await user.click(screen.getByTestId("journal-requests"));
  await waitFor(() => expect(all("request-row").some((one) => one.dataset.bad === "true")).toBe(true));
  expect(texts("request-row").join()).toContain("HTTP 503 · АТС временно не работает");
});

test("a page that the relay does not have says so", async () => {
  for (const command of [
    "company.list",
    "subscriptions.list",
    "journal.events",
    "people.users",
    "audit.list",
  ])
    backend.fails[command] = { code: "not_supported", detail: null };
  const user = await open("abonents");
  for (const page of ["abonents", "subscriptions", "journal", "people"]) {
    await user.click(screen.getByTestId(`nav-${page}`));
    await waitFor(() => expect(screen.getAllByTestId("failure")[0]?.textContent).toContain("Обновите его"));
  }
  backend.fails = {};
  await user.click(screen.getByTestId("retry"));
  await screen.findAllByTestId("user-row");
});

test("an invitation is checked, shown once, listed and withdrawn", async () => {
  const user = await open("users");
  await screen.findAllByTestId("user-row");
  await user.click(screen.getByTestId("people-invite"));
  await screen.findByTestId("invite-dialog");
  await user.click(screen.getByTestId("invite-make"));
  expect(screen.getByText("Укажите имя.")).toBeTruthy();
  expect(screen.getByText("Выберите абонента.")).toBeTruthy();
  expect(backend.times("people.invite")).toBe(0);
  await choose(user, rows()[4] as AbonentRow);
  expect(input("invite-name").value).toBe("Васильев Игорь");
  await user.click(screen.getByTestId("invite-make"));
  expect((await screen.findByTestId("invite-code")).textContent).toBe("K7M2-4QXP-9DRT");
  expect(backend.last("people.invite")).toEqual({
    invitation: { role: "user", abonent: rows()[4]?.id, name: "Васильев Игорь" },
  });
  await user.click(screen.getByTestId("invite-done"));
  await waitFor(() => expect(all("code-row")).toHaveLength(2));
  expect(document.body.textContent).not.toContain("K7M2");
  await user.click(within(row("code-row", "Васильев")).getByTestId("code-withdraw"));
  await waitFor(() => expect(all("code-row")).toHaveLength(1));
});

test("a key is revoked after a question; the audit can be narrowed", async () => {
  const user = await open("users");
  await screen.findAllByTestId("user-row");
  await user.click(within(row("user-row", "Смирнова Анна")).getByTestId("user-revoke"));
  backend.fails["people.revoke"] = { code: "timeout", detail: null };
  await user.click(screen.getByTestId("confirm-yes"));
  expect((await within(screen.getByTestId("confirm")).findByTestId("failure")).dataset.code).toBe("timeout");
  backend.fails = {};
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(row("user-row", "Смирнова Анна").dataset.revoked).toBe("true"));

  await user.click(screen.getByTestId("people-audit"));
  await waitFor(() => expect(all("audit-row")).toHaveLength(4));
  expect(row("audit-row", "Переключена запись").textContent).toContain("Иванов Пётр");
  await user.selectOptions(screen.getByTestId("audit-what"), "recording_played");
  await waitFor(() => expect(all("audit-row").map((one) => one.dataset.what)).toEqual(["recording_played"]));
});

test("the PBX's settings are drawn from their description and checked in place", async () => {
  const user = await open("settings/pbx");
  await screen.findAllByTestId("pbx-setting");
  expect(input("pbx-graceMs").value).toBe("45");
  expect(input("pbx-interactionTransport").disabled).toBe(true);
  expect(screen.getByTestId("pbx-not-applied").textContent).toContain("звонки приходят напрямую");
  expect(screen.getByTestId<HTMLButtonElement>("pbx-save").disabled).toBe(true);

  await user.clear(input("pbx-graceMs"));
  await user.type(input("pbx-graceMs"), "601");
  expect(screen.getByTestId("pbx-problem").textContent).toBe("Допустимо от 0 до 10 мин.");
  await user.click(screen.getByTestId("pbx-save"));
  expect(backend.times("pbx.save")).toBe(0);

  await user.clear(input("pbx-graceMs"));
  await user.type(input("pbx-graceMs"), "20");
  backend.fails["pbx.save"] = { code: "refused", detail: "graceMs is out of its bounds" };
  await user.click(screen.getByTestId("pbx-save"));
  const refused = await screen.findByTestId("pbx-refused");
  expect((refused.closest("[data-setting]") as HTMLElement).dataset.setting).toBe("graceMs");
  backend.fails = {};
  await user.selectOptions(screen.getByTestId("pbx-subscriptionScope"), "abonents");
  await user.click(screen.getByTestId("pbx-save"));
  await waitFor(() =>
    expect(backend.last("pbx.save")).toEqual({
      change: { graceMs: 20_000, subscriptionScope: "abonents" },
    }),
  );
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("pbx-save").disabled).toBe(true));
});

test("polling is said in the banner, with the way to live events", async () => {
  service({ level: "degraded", trouble: "polling", mode: "polling", subscriptionUntil: null });
  await open("calls");
  expect(screen.getByTestId("banner").textContent).toContain("с опозданием");
  expect(screen.getByTestId("banner-fix").getAttribute("href")).toBe("#/settings/address");
});

test("a dialog begins where one goes on, and points at what is missing", async () => {
  const user = await open("users");
  await screen.findAllByTestId("user-row");
  await user.click(screen.getByTestId("people-invite"));
  await screen.findByTestId("invite-dialog");
  expect(document.activeElement).toBe(screen.getByTestId("invite-abonent"));
  await choose(user, rows()[4] as AbonentRow);
  await user.clear(input("invite-name"));
  await user.click(screen.getByTestId("invite-make"));
  await waitFor(() => expect(document.activeElement).toBe(input("invite-name")));
  await user.type(input("invite-name"), "Склад");
  await user.click(screen.getByTestId("invite-make"));
  await screen.findByTestId("invite-code");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("invite-copy-code")));

  await user.click(screen.getByTestId("invite-done"));
  await user.click(screen.getByTestId("nav-abonents"));
  await user.click(await screen.findByTestId("abonents-fill"));
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("fill-close")));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(screen.queryByTestId("fill-dialog")).toBeNull());
});

test("an event is opened and left again by keyboard", async () => {
  const user = await open("events");
  await screen.findAllByTestId("event-row");
  await user.click(input("journal-search"));
  await user.keyboard("{ArrowDown}{Enter}");
  await screen.findByTestId("event-panel");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("event-panel")).toBeNull());
});

test("new events come in without being asked for", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  await open("events");
  await screen.findAllByTestId("event-row");
  const [newest] = backend.company.events;
  if (!newest) throw new Error("events");
  backend.company.events = [{ ...newest, seq: 241, kind: "NewerEvent" }, ...backend.company.events];
  backend.changed({ calls: "many", service: true });
  expect(backend.times("journal.events"), "by the clock: a call is no reason to ask the relay").toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  await waitFor(() => expect(all("event-row")[0]?.dataset.kind).toBe("NewerEvent"));
  expect(backend.times("journal.events")).toBe(2);
});

test("the journals name people, kinds and causes, and leave what they do not know", async () => {
  const user = await open("events");
  await waitFor(() => expect(texts("event-row").join()).toContain("Иванов Пётр · Call"));
  expect(texts("event-row").join()).toContain("Вызов завершён");
  backend.company.exchanges = backend.company.exchanges.map((one, n) => ({
    ...one,
    correlation: n ? "call:900201:1" : "sunrise",
  }));
  await user.click(screen.getByTestId("journal-requests"));
  await waitFor(() => expect(texts("request-row")[0]).toContain("sunrise"));
  expect(texts("request-row")[1]).toContain("звонок 900201:1");
});

test("the PBX's intervals are in the units that people use", async () => {
  const user = await open("settings/pbx");
  await screen.findAllByTestId("pbx-setting");
  const field = row("pbx-setting", "Периодичность активации подписки");
  expect(input("pbx-subscriptionExpiresS").value).toBe("24");
  expect(field.textContent).toContain("ч");
  expect(field.textContent).toContain("По умолчанию: 24 ч · от 1 мин до 7 дн.");
  const enter = async (text: string) => {
    await user.clear(input("pbx-subscriptionExpiresS"));
    await user.type(input("pbx-subscriptionExpiresS"), text);
  };
  await enter("200");
  expect(screen.getByTestId("pbx-problem").textContent).toBe("Допустимо от 1 мин до 7 дн.");
  await enter("много");
  expect(screen.getByTestId("pbx-problem").textContent).toContain("2 или 1,5");
  await enter("1,5");
  await user.click(screen.getByTestId("pbx-save"));
  await waitFor(() => expect(backend.last("pbx.save")).toEqual({ change: { subscriptionExpiresS: 5_400 } }));
  // No whole hours: it is shown in minutes then.
  await waitFor(() => expect(input("pbx-subscriptionExpiresS").value).toBe("90"));
});
