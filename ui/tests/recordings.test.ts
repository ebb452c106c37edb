import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { filterOf, ANY } from "../src/rooms/recordings/filter";
import { bars } from "../src/rooms/recordings/wave";
import { backend } from "./fake/backend";
import { open } from "./open";

const rows = () => screen.getAllByTestId("recording-row");
const row = (id: number) => rows().find((one) => one.dataset.recording === String(id)) as HTMLElement;

test("«Записи» tells where each recording is and what is wrong with it", async () => {
  await open("recordings");
  await screen.findAllByTestId("recording-row");
  const place = (id: number) => within(row(id)).getByTestId("recording-place").textContent;
  expect(place(1)).toBe("на диске");
  expect(place(3)).toBe("скачивается, 40 %");
  expect(place(4)).toBe("не скачана");
  expect(row(4).textContent).toContain("продолжим");
  expect(row(5).textContent).toContain("АТС сообщила длительность 05:20, в записи слышно 02:50");
  expect(place(6)).toBe("удалена на АТС");
  expect(place(7)).toBe("на диске, удалена на АТС");
  expect(place(8)).toContain("удалена по сроку хранения");
  expect(row(9).textContent).toContain("Формат GSM 6.10");
  expect(screen.getByTestId("recordings-totals").textContent).toContain("9 записей · на диске 5");
});

test("filters ask the app, in the reader's days", async () => {
  const user = await open("recordings");
  await screen.findAllByTestId("recording-row");
  await user.click(screen.getByTestId("recordings-kind-unheard"));
  await user.selectOptions(screen.getByTestId("recordings-direction"), "incoming");
  await waitFor(() => expect(rows().map((one) => one.dataset.recording)).toEqual(["1", "3"]));
  const days = filterOf({ ...ANY, days: { from: "2026-03-29", to: "2026-03-29" } });
  expect(days.from).toBe(new Date(2026, 2, 29).toISOString());
  expect(days.to).toBe(new Date(2026, 2, 30).toISOString());
  expect(filterOf({ ...ANY, length: "middle" })).toMatchObject({ longerS: 60, shorterS: 300 });
});

test("Space plays a row in the player at the bottom, which stays on other pages", async () => {
  const user = await open("recordings");
  await screen.findAllByTestId("recording-row");
  screen.getByTestId("recordings-list").focus();
  await user.keyboard("{ArrowDown} ");
  await waitFor(() => expect(backend.last("player.open")).toEqual({ id: 1 }));
  const player = await screen.findByTestId("player");
  await waitFor(() => expect(within(player).getByTestId("player-name").textContent).toBe("Орлова Дарья"));
  await user.keyboard("5");
  await waitFor(() => expect(backend.last("player.seek")).toEqual({ toMs: 17_000 }));
  await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
  await waitFor(() => expect(backend.last("player.seek")?.toMs).toBe(34_000));
  await user.keyboard(" ");
  await waitFor(() => expect(player.dataset.phase).toBe("paused"));
  window.location.hash = "#/contacts";
  await screen.findAllByTestId("contact-row");
  expect(screen.getByTestId("player").dataset.phase).toBe("paused");
  await user.click(screen.getByTestId("player-close"));
  await waitFor(() => expect(screen.queryByTestId("player")).toBeNull());
});

test("a moment is marked with a note, and a mark leads to its place", async () => {
  const user = await open("recordings");
  await screen.findAllByTestId("recording-row");
  await user.click(within(row(2)).getByTestId("row-play"));
  const marks = await screen.findAllByTestId("player-mark");
  expect(marks.map((one) => one.getAttribute("aria-label"))).toEqual([
    "Отметка 00:12: Цена за тонну",
    "Отметка 00:41: Перезвонить в среду",
  ]);
  await user.click(marks[1] as HTMLElement);
  expect(backend.last("player.seek")).toEqual({ toMs: 41_000 });
  await user.click(screen.getByTestId("player-toggle"));
  await user.click(screen.getByTestId("player-add-mark"));
  await user.type(screen.getByTestId("mark-note"), "Скидка");
  // Playing on takes nothing away that is being written.
  backend.emit("player", { ...backend.recordings.view, positionMs: 42_000 });
  await user.type(screen.getByTestId("mark-note"), " 5 %{Enter}");
  await waitFor(() => expect(backend.last("player.mark")).toMatchObject({ id: 2, note: "Скидка 5 %" }));
  await waitFor(() => expect(screen.getAllByTestId("player-mark")).toHaveLength(3));
});

test("several are chosen and deleted after a question", async () => {
  const user = await open("recordings");
  await screen.findAllByTestId("recording-row");
  await user.click(within(row(1)).getByTestId("row-choose"));
  await user.click(within(row(2)).getByTestId("row-choose"));
  expect(screen.getByTestId("recordings-chosen").textContent).toContain("Выбрано: 2");
  await user.click(screen.getByTestId("recordings-chosen-save"));
  expect(backend.last("recordings.save")).toEqual({ ids: [1, 2] });
  await user.click(screen.getByTestId("recordings-chosen-erase"));
  expect(backend.times("recordings.erase")).toBe(0);
  await user.click(await screen.findByTestId("confirm-yes"));
  await waitFor(() => expect(backend.last("recordings.erase")).toEqual({ ids: [1, 2] }));
  await waitFor(() => expect(row(1).dataset.place).toBe("missing"));
});

test("the journal's row and the call's panel have the same button", async () => {
  const user = await open("calls");
  const line = (await screen.findAllByTestId("row-play"))[0] as HTMLElement;
  expect(line.dataset.place).toBe("here");
  await user.click(line);
  await waitFor(() => expect(backend.last("player.open")).toEqual({ id: 1 }));
  await user.click(line.closest("[role=option]") as HTMLElement);
  const button = await screen.findByTestId("recording-play");
  expect(button.dataset.place).toBe("here");
  await user.click(button);
  await waitFor(() => expect(backend.times("player.toggle")).toBe(1));
});

test("a waveform has as many bars as there is room for, the loudest of each part", () => {
  const levels = new Uint8Array(1000).fill(95);
  levels[500] = 255;
  const drawn = bars(levels, 1, 10);
  expect(drawn).toHaveLength(10);
  expect(drawn[5]).toEqual([1, 1]);
  expect(drawn[4]).toEqual([0, 0]);
  expect(bars(levels, 2, 10)[0]).toEqual([0, 1]);
  expect(bars(null, 1, 10)).toEqual([]);
});
