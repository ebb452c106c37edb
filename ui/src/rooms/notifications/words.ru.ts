import type { NoticeState } from "../../lib/bindings/NoticeState";
import type { ToastKind } from "../../lib/bindings/ToastKind";

export const ru = {
  notifications: {
    waiting: (n: number) => `не просмотрено: ${n}`,
    title: "Уведомления",
    list: "Список уведомлений",
    markAll: "Отметить все как просмотренные",
    mark: "Отметить как просмотренное",
    marked: (n: number) => `Отмечено просмотренными: ${n}`,
    open: "Открыть",
    empty: "Уведомлений пока нет. Здесь останется всё, что показывала программа.",
    more: "Показать ещё",
    kinds: {
      incoming: "Входящий звонок",
      answered_elsewhere: "Ответил коллега",
      missed: "Пропущенный звонок",
      document: "Документ",
      recording: "Запись готова",
      progress: "Исходящий звонок",
      reminder: "Напоминание",
      digest: "Сводка",
      trouble: "Служебное",
    } satisfies Record<ToastKind, string>,
    states: {
      prepared: "не показано",
      shown: "показано",
      clicked: "открыто",
      dismissed: "закрыто",
      expired: "истекло",
    } satisfies Record<NoticeState, string>,
    unseen: "не просмотрено",
  },
};
