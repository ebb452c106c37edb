export const ru = {
  notifications: {
    waiting: (n: number) => `не просмотрено: ${n}`,
    title: "Уведомления",
    list: "Список уведомлений",
    markAll: "Отметить все как просмотренные",
    empty: "Уведомлений пока нет. Здесь останется всё, что показывала программа.",
    more: "Показать ещё",
    kinds: {
      incoming: "Входящий звонок",
      answered_elsewhere: "Ответил коллега",
      missed: "Пропущенный звонок",
      document: "Документ",
      recording: "Запись готова",
      progress: "Исходящий звонок",
      digest: "Сводка",
      trouble: "Служебное",
    } as Record<string, string>,
    states: {
      prepared: "не показано",
      shown: "показано",
      clicked: "открыто",
      dismissed: "закрыто",
      expired: "истекло",
    } as Record<string, string>,
    unseen: "не просмотрено",
  },
};
