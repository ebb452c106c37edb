/** What the desk draws of each toast. */
import type { ToastSample } from "../../src/lib/bindings/ToastSample";
import type { ToastView } from "../../src/lib/bindings/ToastView";

const LABELS: Record<string, string> = {
  card: "Карточка",
  hide: "Скрыть",
  "call-back": "Перезвонить",
  show: "Показать",
  document: "Открыть",
  listen: "Прослушать",
  folder: "Показать в папке",
};
export const toast = (
  kind: ToastView["kind"],
  title: string,
  lines: string[],
  buttons: string[],
  key = `sample:${kind}`,
): ToastView => ({
  key,
  kind,
  title,
  lines,
  buttons: buttons.map((one) => ({ key: one, label: LABELS[one] ?? one })),
});
const number = "+7 (900) 000-00-11";

export const samples: ToastSample[] = [
  {
    of: "incoming",
    toast: toast("incoming", "Орлова Дарья", [number, "на линию Отдел продаж"], ["card", "hide"]),
  },
  {
    of: "answeredElsewhere",
    toast: toast("answered_elsewhere", "Ответил: Иванов П.", ["Орлова Дарья", number], ["card"]),
  },
  {
    of: "missed",
    toast: toast(
      "missed",
      "Пропущенный: Орлова Дарья (×2)",
      [number, "14:32 · ждал 18 с", "на линию Отдел продаж"],
      ["call-back", "card"],
    ),
  },
  { of: "internal", toast: toast("incoming", "Иванов Пётр", ["101"], ["card", "hide"]) },
  { of: "progress", toast: toast("progress", "Снимите трубку", [number], ["card"]) },
  { of: "digest", toast: toast("digest", "Пока вас не было: 14 звонков", ["ждут ответа: 5"], ["show"]) },
  {
    of: "documentToast",
    toast: toast(
      "document",
      "Телефонный звонок № 000000017",
      ["Орлова Дарья · входящий · 03:41", number],
      ["document", "call-back"],
    ),
  },
  {
    of: "recording",
    toast: toast(
      "recording",
      "Запись готова",
      ["Орлова Дарья · входящий · 03:41", number],
      ["listen", "folder"],
    ),
  },
];

/** A phone rings, and somebody was missed before. */
export const ringing = (): ToastView[] => [
  toast(
    "missed",
    "Пропущенный: ООО «Вектор»",
    ["+7 (900) 000-00-12", "14:20 · ждал 25 с"],
    ["call-back", "card"],
    "missed:1",
  ),
  toast(
    "incoming",
    "Орлова Дарья",
    [number, "ООО «Заря» · на линию Отдел продаж · 3-й раз сегодня"],
    ["card", "hide"],
    "call:1",
  ),
];
