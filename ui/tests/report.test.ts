import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { ReportLine } from "../src/lib/bindings/ReportLine";
import type { ReportPlace } from "../src/lib/bindings/ReportPlace";
import type { ReportSettings } from "../src/lib/bindings/ReportSettings";
import { isoOf, parents, typed, unfolded } from "../src/rooms/report/outline";
import { backend } from "./fake/backend";
import { all, open, texts } from "./open";

beforeEach(() => backend.reset());

const line = (level: number, path: (string | null)[], call: string | null = null): ReportLine => ({
  level,
  label: path.join("/"),
  texts: [],
  cells: [],
  path,
  call,
  abonent: null,
  startedMs: null,
  calls: 1,
});
const LINES = [
  line(1, ["a"]),
  line(2, ["a", "1"]),
  line(3, [], "c1"),
  line(2, ["a", null]),
  line(1, ["b"]),
  line(2, ["b", "1"]),
];

test("a folded group hides what is below it and nothing else", () => {
  const shown = (folded: string[]) => unfolded(LINES, new Set(folded)).map((one) => one.call ?? one.label);
  expect(shown([])).toHaveLength(6);
  expect(shown(['["a"]'])).toEqual(["a", "b", "b/1"]);
  expect(shown(['["a","1"]'])).toEqual(["a", "a/1", "a/", "b", "b/1"]);
  expect([...parents(LINES)]).toEqual(['["a"]', '["a","1"]', '["b"]']);
});

test("a day is read as people write it, and only if there is such a day", () => {
  expect(isoOf("31.01.2026")).toBe("2026-01-31");
  expect(isoOf(" 1.2.2026 ")).toBe("2026-02-01");
  expect(isoOf("2026-02-28")).toBe("2026-02-28");
  for (const bad of ["", "31.02.2026", "2026-13-01", "завтра", "1.1.26"]) expect(isoOf(bad), bad).toBeNull();
  expect(typed("2026-01-31")).toBe("31.01.2026");
});

const settings = () => backend.last("report.make")?.["settings"] as ReportSettings;

test("opens with the manual's report and says that it agrees with the call list", async () => {
  await open("#/report");
  await screen.findByTestId("report-table");
  expect(settings().groupings).toEqual(["abonent", "day"]);
  const heads = screen.getByTestId("report-table").querySelectorAll("thead th");
  expect([...heads].map((head) => head.textContent?.trim())).toEqual([
    "Абонент ОАТС",
    "Итого",
    "Дата",
    "Время",
    "Документ события.Контакт",
    "Номер вызова",
    "Направление вызова",
    "Пропущенный вызов",
    "Продолжительность вызова, сек.",
  ]);
  const told = screen.getByTestId("report-reconciled");
  expect(told.dataset["same"]).toBe("true");
  expect(told.textContent).toContain("столько же");
});

test("a figure leads to its calls, and a call to its page", async () => {
  const user = await open("#/report/abonents");
  const [first] = await screen.findAllByTestId("report-cell");
  await user.click(first as HTMLElement);
  await screen.findByTestId("report-calls-list");
  const { place } = backend.last("report.calls") as { place: ReportPlace };
  expect(place.path).toHaveLength(1);
  expect(place.measure).toBe("count");
  expect(screen.getByTestId("report-calls-count").textContent).toMatch(/^\d+ звон/);
  const [row] = all("call-row");
  await user.click(row as HTMLElement);
  await waitFor(() => expect(window.location.hash).toMatch(/^#\/call\//));
});

test("the keyboard folds, moves and opens", async () => {
  const user = await open("#/report/abonents");
  const rows = await screen.findAllByTestId("report-line");
  rows[0]?.focus();
  const before = rows.length;
  await user.keyboard("{ArrowLeft}");
  await waitFor(() => expect(all("report-line").length).toBeLessThan(before));
  expect(document.activeElement?.getAttribute("aria-expanded")).toBe("false");
  await user.keyboard("{ArrowRight}");
  await waitFor(() => expect(all("report-line")).toHaveLength(before));
  await user.keyboard("{ArrowDown}");
  expect((document.activeElement as HTMLElement).dataset["level"]).toBe("2");
  await user.keyboard("{Enter}");
  await screen.findByTestId("report-calls");
  expect((backend.last("report.calls") as { place: ReportPlace }).place.measure).toBeNull();
});

test("a head sorts by its figure, the largest first, then the other way, then as before", async () => {
  const user = await open("#/report/abonents");
  await screen.findByTestId("report-table");
  const head = () =>
    [...document.querySelectorAll<HTMLElement>("thead button")].find((one) =>
      one.textContent?.startsWith("Пропущено"),
    ) as HTMLElement;
  for (const order of [
    { measure: "missed", descending: true },
    { measure: "missed", descending: false },
    null,
  ]) {
    await user.click(head());
    await waitFor(() => expect(settings().order).toEqual(order));
  }
});

test("groups, figures and days are chosen, and what cannot be is told and not asked", async () => {
  const user = await open("#/report/abonents");
  await screen.findByTestId("report-table");
  await user.click(screen.getByTestId("report-adjust"));
  await user.selectOptions(await screen.findByTestId("report-level-2"), "week");
  await waitFor(() => expect(settings().groupings).toEqual(["abonent", "week"]));
  await user.selectOptions(screen.getByTestId("report-level-1"), "");
  await waitFor(() => expect(settings().groupings).toEqual(["week"]));
  await user.click(screen.getByTestId("report-measure-back_share"));
  await waitFor(() => expect(settings().measures).toContain("back_share"));
  await user.click(screen.getByTestId("report-outcome-no_answer"));
  await waitFor(() => expect(settings().filter.outcomes).toEqual(["no_answer"]));
  await user.click(screen.getByTestId("report-outcome-missed"));
  await waitFor(() => expect(settings().filter.outcomes).toEqual(["missed", "no_answer"]));
  await user.selectOptions(screen.getByTestId("report-period"), "between");
  await waitFor(() => expect(settings().period.kind).toBe("between"));
  const asked = backend.times("report.make");
  const from = screen.getByTestId("report-from");
  await user.clear(from);
  await user.type(from, "32.01.2026{Tab}");
  expect((await screen.findByTestId("report-fault")).textContent).toContain("31.01.2026");
  expect(backend.times("report.make")).toBe(asked);
});

test("a changed report is kept under a name of its own", async () => {
  const user = await open("#/report/abonents");
  await screen.findByTestId("report-table");
  await user.click(screen.getByTestId("report-adjust"));
  await user.click(await screen.findByTestId("report-compare"));
  await waitFor(() => expect(texts("report-variant")[0]).toContain("(изменён)"));
  await user.click(screen.getByTestId("report-actions"));
  await user.click(await screen.findByTestId("report-actions-save_as"));
  await user.type(await screen.findByTestId("report-name"), "Мой отчёт");
  await user.click(screen.getByTestId("report-save-yes"));
  await waitFor(() => expect(window.location.hash).toMatch(/^#\/report\/u\d/));
  expect(backend.last("report.save_variant")?.["settings"]).toMatchObject({ compare: true });
});

test("pictures tell their figures in words", async () => {
  const user = await open("#/report");
  await screen.findByTestId("report-table");
  await user.click(screen.getByTestId("report-view-pictures"));
  const pictures = await screen.findByTestId("report-pictures");
  expect(pictures.querySelector("table")?.getAttribute("aria-label")).toMatch(/Нагрузка/);
  expect(pictures.textContent).toMatch(/Больше всего звонков: /);
  await user.click(pictures.querySelector("button") as HTMLElement);
  await screen.findByTestId("report-calls");
  const { place } = backend.last("report.calls") as { place: ReportPlace };
  expect(place.settings.groupings).toEqual(["weekday", "hour"]);
  expect(place.path).toHaveLength(2);
});

test("a file is written with the report's days in its name", async () => {
  const user = userEvent.setup();
  await open("#/report");
  await screen.findByTestId("report-table");
  await user.click(await screen.findByTestId("report-file"));
  await user.click(await screen.findByTestId("report-file-csv_1251"));
  await user.click(screen.getByTestId("report-file-yes"));
  await waitFor(() => expect(backend.last("report.save")).toBeTruthy());
  expect(backend.last("report.save")).toMatchObject({
    format: "csv_1251",
    name: "Анализ звонков ОАТС 01.01.2026–31.01.2026",
  });
});

test("what fails is told in place and can be tried again", async () => {
  backend.fails["report.make"] = { code: "too_many_groups", detail: null };
  const user = await open("#/report");
  expect((await screen.findByTestId("failure")).textContent).toContain("Слишком много групп");
  backend.fails = {};
  await user.click(screen.getByTestId("retry"));
  await screen.findByTestId("report-table");
});

test("several lines and PBX users are chosen, and each is taken away again", async () => {
  const user = await open("#/report/abonents");
  await screen.findByTestId("report-table");
  await user.click(screen.getByTestId("report-adjust"));
  // The user's own calls are of one.
  await user.selectOptions(await screen.findByTestId("report-whose"), "company");
  for (const [field, of] of [
    ["report-lines", "lines"],
    ["report-abonents", "abonents"],
  ] as const) {
    for (const chosen of [1, 2]) {
      await user.click(await screen.findByTestId(field));
      const [first] = await screen.findAllByTestId(`${field}-option`);
      await user.click(first as HTMLElement);
      await waitFor(() => expect(settings().filter[of]).toHaveLength(chosen));
    }
    const [first, second] = settings().filter[of];
    expect(first).not.toBe(second);
    await user.click(all(`${field}-chosen`)[0] as HTMLElement);
    await waitFor(() => expect(settings().filter[of]).toEqual([second]));
  }
});

test("the whole company's calls come with the first report that asks for them, and go again", async () => {
  const user = await open("#/report/abonents");
  await screen.findByTestId("report-table");
  await user.click(screen.getByTestId("report-adjust"));
  expect(screen.queryByTestId("report-abonents"), "the user's own calls are of one abonent").toBeNull();
  await user.selectOptions(await screen.findByTestId("report-whose"), "company");
  await waitFor(() => expect(settings().filter.company).toBe(true));
  await waitFor(() => expect(backend.last("calls.want_company")).toEqual({ wanted: true }));
  expect((await screen.findByTestId("report-company")).textContent).toContain("42 %");
  await screen.findByTestId("report-abonents");
  const before = backend.times("report.make");
  backend.companyCalls = { wanted: true, whole: true, percent: 100, trouble: null };
  await waitFor(() => expect(screen.getByTestId("report-company").dataset["whole"]).toBe("true"), {
    timeout: 3000,
  });
  await waitFor(() => expect(backend.times("report.make")).toBeGreaterThan(before));
  await user.click(screen.getByTestId("report-company-forget"));
  await waitFor(() => expect(backend.last("calls.want_company")).toEqual({ wanted: false }));
  await waitFor(() => expect(settings().filter.company).toBe(false));
});
