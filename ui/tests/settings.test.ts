import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";
import { app } from "../src/lib/app.svelte";
import { router } from "../src/lib/route.svelte";
import { isListen, isUrl, masked } from "../src/rooms/settings/address";
import { backend } from "./fake/backend";
import { all, input, open, texts } from "./open";

const service = (over: Partial<typeof backend.state.service>) =>
  (backend.state = { ...backend.state, service: { ...backend.state.service, ...over } });

test("addresses are recognised", () => {
  expect(["https://pbx.example", "http://10.0.0.1:8731/x"].every(isUrl)).toBe(true);
  expect(["pbx.example", "ftp://x", "https://", "javascript:alert(1)"].some(isUrl)).toBe(false);
  expect(["127.0.0.1:8731", "0.0.0.0:80", "[::1]:8731"].every(isListen)).toBe(true);
  expect(["127.0.0.1", "999.0.0.1:80", "127.0.0.1:99999", "localhost:1", ":8731"].some(isListen)).toBe(false);
  expect(masked("https://pbx.example/xsi/4f1c9a7b/null")).toBe("https://pbx.example/xsi/••••••••/null");
});

test("a pasted token is checked live; a refused one says so and is not saved", async () => {
  const user = await open("settings/connection");
  await user.type(await screen.findByTestId("settings-token"), "bad");
  expect((await screen.findByTestId("failure")).dataset.code).toBe("token_refused");
  await user.click(screen.getByTestId("settings-save"));
  expect(backend.times("connection.save_token")).toBe(0);
  await user.clear(input("settings-token"));
  await user.type(input("settings-token"), "good-token");
  expect((await screen.findByTestId("token-found")).textContent?.trim()).toBe("Найдено абонентов: 7");
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.save_token")).toEqual({ token: "good-token", insecure: false }),
  );
  await waitFor(() => expect(input("settings-token").value).toBe(""));
});

test("a token that cannot be checked just now may still be saved", async () => {
  backend.fails["connection.check_token"] = { code: "pbx_unreachable", detail: null };
  const user = await open("settings/connection");
  await user.type(await screen.findByTestId("settings-token"), "perhaps");
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.save_token")).toEqual({ token: "perhaps", insecure: false }),
  );
});

test("without a keyring nothing is stored before the consent", async () => {
  service({ secrets: "none", token: false });
  const user = await open("settings/connection");
  await user.type(await screen.findByTestId("settings-token"), "good-token");
  await screen.findByTestId("token-found");
  await user.click(screen.getByTestId("settings-save"));
  expect(screen.getByText(/Подтвердите хранение в файле/)).toBeTruthy();
  expect(backend.times("connection.save_token")).toBe(0);
  await user.click(screen.getByTestId("settings-consent"));
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.save_token")).toEqual({ token: "good-token", insecure: true }),
  );
});

test("a locked keyring offers the file, and only then stores there", async () => {
  backend.fails["connection.save_token"] = { code: "keyring_locked", detail: null };
  const user = await open("settings/connection");
  await user.type(await screen.findByTestId("settings-token"), "good-token");
  await user.click(screen.getByTestId("settings-save"));
  const consent = await screen.findByTestId("settings-consent");
  backend.fails = {};
  await user.click(consent);
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.save_token")).toEqual({ token: "good-token", insecure: true }),
  );
});

test("a server that is spoken to in the clear is joined by key once that is agreed to", async () => {
  const user = await open("settings/connection");
  await user.click(await screen.findByTestId("mode-remote"));
  await user.type(input("settings-relay-url"), "http://relay.example");
  await user.type(input("settings-relay-key"), "key");
  expect(screen.queryByTestId("settings-clear")).toBeNull();
  backend.fails["connection.join"] = { code: "in_the_clear", detail: "http://relay.example" };
  await user.click(screen.getByTestId("settings-save"));
  await user.click(await screen.findByTestId("settings-clear"));
  backend.fails = {};
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(backend.last("connection.join")).toMatchObject({ inTheClear: true }));
});

test("a company server is joined by address and key, and left again", async () => {
  const user = await open("settings/connection");
  await user.click(await screen.findByTestId("mode-remote"));
  await user.type(screen.getByTestId("settings-relay-url"), "relay.example");
  await user.click(screen.getByTestId("settings-save"));
  expect(screen.getByText("Адрес начинается с https:// или http://.")).toBeTruthy();
  expect(screen.getByText("Вставьте ключ.")).toBeTruthy();
  await user.clear(input("settings-relay-url"));
  await user.type(input("settings-relay-url"), "https://relay.example");
  await user.type(input("settings-relay-key"), "key");
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.join")).toEqual({
      url: "https://relay.example",
      key: "key",
      inTheClear: false,
      insecure: false,
    }),
  );
  await waitFor(() => expect(input("settings-relay-key").value).toBe(""));
  await user.click(screen.getByTestId("mode-embedded"));
  await user.type(screen.getByTestId("settings-token"), "good-token");
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() =>
    expect(backend.last("connection.join")).toEqual({ url: "", key: "", insecure: false, inTheClear: false }),
  );
  expect(backend.last("connection.save_token")).toEqual({ token: "good-token", insecure: false });
});

test("the callback address hides its secret until asked", async () => {
  const user = await open("settings/address");
  const shown = await screen.findByTestId("settings-callback");
  expect(shown.textContent).not.toContain("4f1c9a7be2d05836");
  await user.click(screen.getByTestId("settings-callback-show"));
  expect(shown.textContent).toContain("4f1c9a7be2d05836");
});

test("addresses are checked before they are saved, and an empty one is explained", async () => {
  const user = await open("settings/address");
  await user.clear(await screen.findByTestId("settings-public-url"));
  expect(screen.getByTestId("address-empty").textContent).toContain("звонки не всплывают");
  await user.type(input("settings-public-url"), "pbx.example");
  await user.click(screen.getByTestId("settings-save"));
  expect(backend.times("settings.save")).toBe(0);
  expect(input("settings-public-url").getAttribute("aria-invalid")).toBe("true");
  await user.clear(input("settings-public-url"));
  await user.type(input("settings-public-url"), "https://new.example");
  await user.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(backend.state.settings.publicUrl).toBe("https://new.example"));
});

test("one finds oneself by any word and is chosen at a click", async () => {
  const user = await open("settings/me");
  await screen.findAllByTestId("me-abonent");
  await user.type(screen.getByTestId("me-search"), "сервис 103");
  await waitFor(() => expect(all("me-abonent").length).toBe(1));
  await user.click(screen.getByTestId("me-abonent"));
  await waitFor(() => expect(backend.state.me?.name).toBe("Кузнецов Олег"));
  expect((await screen.findByTestId("me-chosen")).textContent).toContain("Кузнецов Олег");
});

test("the abonents are asked for again unless only a person can mend what is wrong", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const again = () => timers.mock.calls.filter(([, ms]) => ms === 5_000).length;
  backend.fails["connection.abonents"] = { code: "token_refused", detail: null };
  const user = await open("settings/me");
  await screen.findByTestId("failure");
  expect(again()).toBe(0);
  backend.fails["connection.abonents"] = { code: "pbx_unreachable", detail: null };
  await user.click(screen.getByTestId("retry"));
  await waitFor(() => expect(again()).toBe(1));
});

test("two quick switches do not undo each other, and a refused one goes back", async () => {
  const user = await open("settings/notifications");
  await user.click(await screen.findByTestId("switch-incoming"));
  await user.click(screen.getByTestId("switch-digest"));
  await waitFor(() => expect(backend.state.settings).toMatchObject({ incoming: false, digest: false }));
  backend.fails["settings.save"] = { code: "storage", detail: null };
  await user.click(screen.getByTestId("switch-missed"));
  await screen.findByTestId("message-bad");
  await waitFor(() => expect(input("switch-missed").checked).toBe(true));
  backend.fails = {};
  await user.selectOptions(screen.getByTestId("switch-documents"), "off");
  await waitFor(() => expect(input("switch-documentToast").disabled).toBe(true));
});

test("language and theme change the window at once", async () => {
  const user = await open("settings/general");
  await user.click(await screen.findByTestId("language-en"));
  await waitFor(() => expect(screen.getByTestId("nav-calls").textContent).toContain("Call log"));
  expect(document.documentElement.lang).toBe("en");
  await user.click(screen.getByTestId("theme-dark"));
  await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
});

test("the grace time is saved when it is a sensible number", async () => {
  const user = await open("settings/general");
  await user.clear(await screen.findByTestId("settings-grace"));
  await user.type(input("settings-grace"), "9x");
  await user.tab();
  expect(screen.getByText("Целое число от 0 до 600.")).toBeTruthy();
  expect(backend.times("settings.save")).toBe(0);
  await user.clear(input("settings-grace"));
  await user.type(input("settings-grace"), "45");
  await user.tab();
  await waitFor(() => expect(backend.state.settings.graceS).toBe(45));
});

test("every failed check has its cause and its way out", async () => {
  const user = await open("settings/check");
  // It runs by itself: from the tray it is one click.
  await waitFor(() => expect(all("check-line").length).toBe(12));
  expect(screen.getByTestId("check-result").textContent).toContain("Требуют внимания: 2");
  const failed = all("check-line").find((line) => line.dataset.check === "callback") as HTMLElement;
  expect(failed.textContent).toContain("Адрес для событий недоступен");
  expect(failed.textContent).toContain("Проверьте переадресацию порта или туннель.");
  // The window's own words, where the relay has none.
  const events = all("check-line").find((line) => line.dataset.check === "events");
  expect(events?.textContent).toContain("Сделайте тестовый звонок");
  expect(within(failed).getByText("Исправить").getAttribute("href")).toBe("#/settings/address");
  expect(backend.times("connection.check")).toBe(1);
  await user.click(screen.getByTestId("check-run"));
  expect(backend.times("connection.check")).toBe(2);
  await user.click(screen.getByTestId("check-copy"));
  const copied = await navigator.clipboard.readText();
  expect(copied).toContain("[failed] callback: callback_unreachable: Адрес для событий недоступен");
  expect(copied.split("\n")).toHaveLength(13);
});

test("a check under way does not pass off old results as new", async () => {
  backend.checks = backend.checks.map((line) => ({ ...line, detail: "до 2026-01-31T07:22:37.612Z" }));
  const user = await open("settings/check");
  await screen.findAllByTestId("check-line");
  expect(all("check-line")[0]?.textContent).toContain("до 31.01.2026 10:22");
  backend.silent.add("connection.check");
  await user.click(screen.getByTestId("check-run"));
  await waitFor(() => expect(screen.getByTestId("check-result").textContent).toContain("прошлой проверки"));
  expect(screen.queryByTestId("check-copy")).toBeNull();
});

test("a failure does not send one to the page where one is", async () => {
  backend.fails["connection.check_token"] = { code: "token_refused", detail: null };
  const user = await open("settings/connection");
  await user.type(input("settings-token"), "worn-out");
  const told = await screen.findByTestId("failure");
  expect(within(told).queryByText("Исправить")).toBeNull();
});

test("warnings and skipped checks are neither passed nor failed", async () => {
  backend.checks = backend.checks.map((line) => {
    if (line.id === "callback") return { ...line, state: "warning" as const, code: "certificate_ends" };
    return line.id === "events" ? { ...line, state: "skipped" as const } : line;
  });
  await open("settings/check");
  expect((await screen.findByTestId("check-result")).textContent).toContain("есть замечания: 1");
  const states = all("check-line").map((line) => line.dataset.state);
  expect(states.filter((state) => state !== "ok")).toEqual(["warning", "skipped"]);
  expect(all("check-fix")).toHaveLength(1);
});

test("the strip and the banner tell how the service does, with the way to put it right", async () => {
  await open("calls");
  expect(screen.queryByTestId("strip"), "nothing is wrong: only the settings show it").toBeNull();
  router.go("settings/check");
  expect((await screen.findByTestId("strip-token")).dataset.ok).toBe("true");
  expect(screen.getByTestId("strip-events").textContent).toMatch(/последнее .*\d\d:\d\d:\d\d/);
  expect(screen.queryByTestId("banner")).toBeNull();
  router.go("calls");
  await waitFor(() => expect(screen.queryByTestId("strip")).toBeNull());
  service({ level: "off", trouble: "token_refused", subscriptionUntil: null });
  backend.changed({ service: true });
  const banner = await screen.findByTestId("banner");
  expect(banner.textContent).toContain("АТС не приняла токен");
  expect(screen.getByTestId("banner-fix").getAttribute("href")).toBe("#/settings/connection");
  expect(screen.getByTestId("strip-token").dataset.ok).toBe("false");
  expect(screen.getByTestId("strip-subscription").dataset.ok).toBe("false");
});

test("a window whose app does not answer says so and recovers", async () => {
  const { render } = await import("@testing-library/svelte");
  const { default: App } = await import("../src/App.svelte");
  backend.fails["frame.state"] = "command state not allowed";
  render(App);
  expect((await screen.findByTestId("failure")).textContent).toContain("command state not allowed");
  backend.fails = {};
  await app.reload();
  expect(await screen.findByTestId("shell")).toBeTruthy();
  expect(texts("nav-queue-count")).toEqual(["5"]);
});

test("what an administrator has fixed is shown and cannot be changed", async () => {
  backend.state = { ...backend.state, fixed: ["autostart", "language", "relay"] };
  service({ embedded: false, relayUrl: "https://relay.example" });
  const user = await open("settings/general");
  expect(screen.getByTestId("fixed-language").textContent).toContain("Задано администратором");
  await user.click(await screen.findByTestId("switch-autostart"));
  expect(backend.times("settings.save")).toBe(0);
  expect(screen.queryByTestId("fixed-theme")).toBeNull();
  await user.click(screen.getByTestId("switch-linksDial"));
  await waitFor(() => expect(backend.times("settings.save")).toBe(1));
  await user.click(screen.getByTestId("settings-nav-connection"));
  expect(input("settings-relay-url").value).toBe("https://relay.example");
  expect(input("settings-relay-url").closest("fieldset")?.disabled).toBe(true);
  expect(screen.queryByTestId("mode-embedded")).toBeNull();
});

test("each toast is pictured beside its switch and can be tried on the screen", async () => {
  const user = await open("settings/notifications");
  const missed = await screen.findByTestId("sample-missed");
  await waitFor(() => expect(missed.textContent).toContain("Пропущенный: Орлова Дарья (×2)"));
  expect(within(missed).getByTestId("switch-missed")).toBeTruthy();
  expect(within(missed).queryByRole("button", { name: "Перезвонить" }), "a picture calls nobody").toBeNull();
  await user.click(screen.getByTestId("try-missed"));
  await waitFor(() => expect(backend.last("settings.show_sample")).toEqual({ of: "missed" }));
  expect(all("toast")).toHaveLength(7);
});

test("quiet hours are entered as people write times, and an impossible one is not saved", async () => {
  const user = await open("settings/notifications");
  expect(screen.queryByTestId("quiet-from")).toBeNull();
  await user.click(await screen.findByTestId("switch-quiet"));
  await screen.findByTestId("quiet-from");
  await user.clear(input("quiet-from"));
  await user.type(input("quiet-from"), "9.30");
  await user.tab();
  await waitFor(() => expect(backend.state.settings.quietFrom).toBe("09:30"));
  expect(input("quiet-from").value).toBe("09:30");
  await user.clear(input("quiet-till"));
  await user.type(input("quiet-till"), "25:00");
  await user.tab();
  expect(screen.getByText("Время, например 20:00.")).toBeTruthy();
  expect(backend.state.settings.quietTill).toBe("08:00");
});

test("a setting is found by any of its words and pointed at", async () => {
  const user = await open("settings/connection");
  await user.type(await screen.findByTestId("settings-search"), "коллега ответил");
  await waitFor(() => expect(texts("settings-found")[0]).toContain("Ответил коллега"));
  await user.keyboard("{Enter}");
  await waitFor(() =>
    expect(document.querySelector<HTMLElement>("[data-found]")?.dataset.setting).toBe("answeredElsewhere"),
  );
  expect((document.activeElement as HTMLElement).dataset.testid).toBe("switch-answeredElsewhere");
  // The relay's settings too.
  await user.clear(input("settings-search"));
  await user.type(input("settings-search"), "периодичность");
  await waitFor(() => expect(texts("settings-found")[0]).toContain("Периодичность активации подписки"));
  await user.click(screen.getByTestId("settings-found"));
  await waitFor(() =>
    expect(document.querySelector<HTMLElement>("[data-found]")?.dataset.setting).toBe("subscriptionExpiresS"),
  );
  await user.clear(input("settings-search"));
  await user.type(input("settings-search"), "кофе");
  expect(screen.getByText("Такой настройки нет.")).toBeTruthy();
  await user.clear(input("settings-search"));
  expect(screen.getByTestId("settings-nav-general")).toBeTruthy();
});

const update = (over: Partial<typeof backend.state.update>) =>
  (backend.state = { ...backend.state, update: { ...backend.state.update, ...over } });

test("a newer version is told of, and installed by one button", async () => {
  update({ newer: { version: "0.2.0", notes: "Быстрее" } });
  const user = await open("settings/updates");
  expect((await screen.findByTestId("update-newer")).textContent).toContain("0.2.0");
  expect(screen.getByText("Быстрее")).toBeTruthy();
  expect(screen.getByTestId("nav-settings-count").textContent).toBe("1");
  await user.click(screen.getByTestId("update-install"));
  expect(backend.times("updates.install")).toBe(1);
  update({ newer: { version: "0.2.0", notes: "" }, step: "fetching", percent: 42 });
  backend.changed({ service: true });
  await waitFor(() => expect(screen.getByTestId("update-doing").textContent).toContain("42 %"));
  expect(screen.getByTestId<HTMLButtonElement>("update-install").disabled).toBe(true);
  update({ step: "quiet" });
  backend.changed({ service: true });
  // Who will not wait until the app is not used says so.
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("update-install").disabled).toBe(false));
});

test("a refused version is told of with its cause and what to do", async () => {
  update({ trouble: "bad_signature", detail: "The signature verification failed" });
  const user = await open("settings/updates");
  const told = await screen.findByTestId("update-trouble");
  expect(told.dataset.code).toBe("bad_signature");
  expect(told.textContent).toMatch(/Подпись новой версии не подошла.*не установлен.*администратору/s);
  expect(screen.queryByTestId("update-newest")).toBeNull();
  await user.click(screen.getByTestId("update-ask"));
  expect(backend.times("updates.look")).toBe(1);
});

test("a package of the system is told of and not installed", async () => {
  update({ way: "system", newer: { version: "0.2.0", notes: "" } });
  await open("settings/updates");
  await screen.findByTestId("update-system");
  expect(screen.queryByTestId("update-install")).toBeNull();
  expect(screen.queryByTestId("updates-install")).toBeNull();
});

test("what becomes of a new version is a choice, which an administrator may have made", async () => {
  const user = await open("settings/updates");
  await user.click(await screen.findByTestId("updates-install"));
  await waitFor(() => expect(backend.state.settings.updates).toBe("install"));
  backend.state = {
    ...backend.state,
    fixed: ["updates"],
    settings: { ...backend.state.settings, updates: "off" },
  };
  backend.changed({ settings: true });
  await screen.findByTestId("fixed-updates");
  expect(screen.queryByTestId("update-ask")).toBeNull();
});

test("settings go into a file and come back, and what did not fit is named", async () => {
  const user = await open("settings/general");
  await user.click(await screen.findByTestId("settings-export"));
  await waitFor(() => expect(screen.getByText(/Сохранено: .*Настройки Перезвона.json/)).toBeTruthy());
  const text = JSON.stringify({ perezvon: "settings", settings: { theme: "dark", brandNew: 1 } });
  const file = new File([text], "мои.json", { type: "application/json" });
  await user.upload(input("settings-import-file"), file);
  expect((await screen.findByTestId("confirm")).textContent).toContain("мои.json");
  expect(backend.times("settings.import")).toBe(0);
  await user.click(screen.getByTestId("confirm-yes"));
  await waitFor(() => expect(backend.state.settings.theme).toBe("dark"));
  await waitFor(() => expect(screen.getByText(/Взято настроек: 1. Не подошли: brandNew/)).toBeTruthy());
  backend.fails["settings.import"] = { code: "not_settings", detail: null };
  await user.upload(input("settings-import-file"), file);
  await user.click(await screen.findByTestId("confirm-yes"));
  expect((await screen.findByTestId("failure")).textContent).toContain("Это не файл настроек.");
});
