/** The words of the house: what every page shares. A room's own stand in its folder. */
import { troubles } from "../troubles";
import { failures } from "./ru.failures";

export const ru = {
  app: "Перезвон",

  troubles: troubles.ru,

  failures,

  unknownFailure: (code: string) => `Что-то пошло не так (код: ${code}).`,

  common: {
    call: "Позвонить",
    callBack: "Перезвонить",
    card: "Карточка",
    save: "Записать",
    cancel: "Отмена",
    close: "Закрыть",
    back: "Назад",
    next: "Далее",
    retry: "Повторить",
    fix: "Исправить",
    copy: "Скопировать",
    copied: "Скопировано",
    show: "Показать",
    hide: "Скрыть",
    clear: "Очистить поиск",
    loading: "Загрузка",
    saved: "Записано",
    today: "Сегодня",
    yesterday: "Вчера",
    more: "Ещё",
    noDate: "Дата неизвестна",
    seconds: (n: number) => `${n} с`,
    numberCopied: (number: string) => `Номер ${number} скопирован`,
  },

  dates: {
    today: "Сегодня",
    yesterday: "Вчера",
    week: "Эта неделя",
    month: "Этот месяц",
    before: "Прошлый месяц",
    after: "Следующий месяц",
    go: "Перейти к дате",
    show: "Показать",
    all: "За всё время",
  },

  nav: {
    label: "Разделы",
    skip: "К содержанию",
  },

  strip: {
    label: "Состояние",
    token: "токен",
    server: "сервер компании",
    events: "события",
    lastEvent: (at: string) => `последнее в ${at}`,
    lastEventOn: (at: string) => `последнее ${at}`,
    noEvents: "не приходили",
    subscription: "подписка",
    records: "записи",
    recordsFailed: "не читаются",
    until: (at: string) => `до ${at}`,
    none: "нет",
    ok: "в порядке",
    bad: "нужно внимание",
    me: (name: string) => `Вы: ${name}`,
  },

  dial: {
    title: "Позвонить по ссылке?",
    codeTitle: "Код по ссылке не набирается",
    unreadTitle: "Номер не распознан",
    typedTitle: "Набрать номер",
    unknown: "Этого номера нет в контактах.",
    several: (names: string) => `Возможно: ${names}`,
    outside: "Номер пришёл по ссылке. Enter — позвонить, Esc — не звонить.",
    code: "Такой код может включить переадресацию ваших звонков, а ссылку может открыть любой сайт. Если код нужен, наберите его сами.",
    unread: "В ссылке нет номера, который можно набрать. Исправьте его и нажмите «Позвонить».",
    field: "Номер или код",
  },

  state: { failed: "Программа не отвечает" },

  moreRows: "Показать ещё",

  notAdmin: "Этот раздел открыт только администраторам.",
};
