/** The words of the house: what every page shares. A room's own stand in its folder. */
import type { NumberKind } from "../bindings/NumberKind";
import type { ReportFormat } from "../bindings/ReportFormat";
import { troubles } from "../troubles";
import { pluralOf } from "./plural";
import { failures } from "./ru.failures";

const plural = pluralOf("ru");

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
    copyNumber: "Скопировать номер",
    undo: "Отменить",
    show: "Показать",
    hide: "Скрыть",
    clear: "Очистить поиск",
    loading: "Загрузка",
    saved: "Записано",
    today: "Сегодня",
    yesterday: "Вчера",
    more: "Ещё",
    selected: "Выбрано",
    choose: "Выбрать",
    unchoose: "Снять выбор со строки",
    unselect: "Снять выбор",
    chosen: (n: number) => `Выбрано: ${n}`,
    chosenMore: "ниже в списке есть ещё",
    chosenMost: "больше за один раз нельзя",
    withChosen: "С выбранными",
    progress: (done: number, all: number) => `Сделано ${done} из ${all}`,
    stop: "Остановить",
    partly: (said: string, all: number) => `${said} из ${all}, дальше не вышло.`,
    takenBack: "Отменено",
    copyNumbers: "Скопировать номера",
    numbersShort: "Номера",
    numbersCopied: (n: number) =>
      `${plural(n, { one: "Скопирован", few: "Скопированы", many: "Скопированы", other: "Скопированы" })} ${n} ${plural(n, { one: "номер", few: "номера", many: "номеров", other: "номера" })}`,
    noNumbers: "У выбранных нет номеров",
    copyTable: "Скопировать таблицей",
    tableShort: "Таблицей",
    tableCopied: (n: number) =>
      `В буфере обмена таблица, ${n} ${plural(n, { one: "строка", few: "строки", many: "строк", other: "строки" })}: её можно вставить в Excel`,
    toFile: "Сохранить в файл…",
    fileShort: "В файл",
    tag: "Метка…",
    tagYes: "Поставить",
    tagTitle: (n: number) => `Метка для выбранных: ${n}`,
    tagName: "Метка",
    tagged: (tag: string, n: number) => `Метка «${tag}» поставлена: ${n}`,
    noDate: "Дата неизвестна",
    seconds: (n: number) => `${n} с`,
    numberCopied: (number: string) => `Номер ${number} скопирован`,
  },

  file: {
    title: "Выгрузить в файл",
    formats: {
      xlsx: "Книга Excel (XLSX)",
      csv: "CSV, UTF-8",
      csv_1251: "CSV, windows-1251",
    } satisfies Record<ReportFormat, string>,
    writing: (n: number) =>
      `Записываю файл: ${n} ${plural(n, { one: "строка", few: "строки", many: "строк", other: "строки" })}`,
    write: "Записать файл",
    written: (path: string) => `Файл записан: ${path}`,
    writtenSome: (path: string, rows: number, chosen: number) =>
      `Файл записан: ${path}. В нём ${rows} из ${chosen}: остальных больше нет.`,
  },

  /** The names of keys that have words on the keyboard. */
  keys: { Space: "Пробел", ArrowRight: "→" } as Record<string, string>,

  palette: {
    find: "Найти",
    open: "Найти или позвонить",
    label: "Имя, номер, раздел или действие",
    dialLabel: "Имя, номер или код",
    hint: "Enter — позвонить или выполнить, Ctrl+Enter — карточка, Esc — закрыть",
    nothing: "Ничего не найдено. Попробуйте часть имени или номер целиком.",
    latest: "Последние звонки",
    deeds: "Действия",
    dark: "Тёмное оформление",
    light: "Светлое оформление",
    pause: "Остановить запись",
    resume: "Слушать запись дальше",
    number: (text: string) => `Позвонить: ${text}`,
    code: (text: string) => `Набрать код ${text}`,
    kinds: {
      fixed: "городской",
      mobile: "мобильный",
      free: "бесплатный звонок",
      paid: "платный звонок",
      full: "номер телефона",
      colleague: "внутренний номер",
      short: "короткий номер",
      code: "АТС выполнит этот код",
    } satisfies Record<NumberKind, string>,
  },

  written: {
    outcome: "Итог разговора",
    outcomes: ["Договорились", "Перезвонит сам", "Подумает", "Отказ", "Не туда попал"],
    note: "Заметка",
    noteHint: "О чём договорились",
    next: "Следующий шаг",
    nextHint: "Отправить счёт, перезвонить в среду…",
    tags: "Метки",
    tagHint: "новая метка",
    removeTag: (word: string) => `Убрать метку «${word}»`,
    saving: "Записывается…",
    saved: "Записано",
    failed: "Не записано",
    after: "После разговора",
    afterCall: (who: string) => `После разговора: ${who}`,
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

  example: {
    word: "Пример",
    name: "Перезвон (пример)",
    title: "Это пример.",
    text: "Компания, люди и звонки вымышлены, ваших данных здесь нет.",
    leave: "Выйти из примера",
  },

  nav: {
    label: "Разделы",
    skip: "К содержанию",
    levels: {
      ready: "Всё работает",
      degraded: "Есть неполадка",
      off: "Не работает",
      starting: "Запускается",
    },
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
    selectedTitle: "Позвонить?",
    selected: "Номер выделен в другой программе. Enter — позвонить, Esc — не звонить.",
    outside: "Номер пришёл по ссылке. Enter — позвонить, Esc — не звонить.",
    code: "Такой код может включить переадресацию ваших звонков, а ссылку может открыть любой сайт. Если код нужен, наберите его сами.",
    unread: "В ссылке нет номера, который можно набрать. Исправьте его и нажмите «Позвонить».",
    field: "Номер или код",
  },

  forwarding: {
    title: "Переадресация",
    off: "Выключена: звонки приходят на ваш телефон.",
    on: "Включена:",
    which: "Какие звонки переадресовать",
    all: "Все",
    allHint: "Безусловная: ваш телефон не звонит.",
    some: "Не принятые вами",
    someHint: "По занятости, по неответу, по недоступности.",
    kinds: {
      all: "Все звонки",
      busy: "По занятости",
      notAnswered: "По неответу",
      unavailable: "По недоступности",
    },
    hints: {
      busy: "вы уже разговариваете",
      notAnswered: "никто не взял трубку",
      unavailable: "телефон выключен или не на связи",
    },
    number: "На номер",
    numberOf: (kind: string) => `${kind}: на номер`,
    hint: "Имя или номер",
    rings: "Сколько гудков ждать",
    ringsError: "От 1 до 20 гудков.",
    after: (n: number) =>
      `через ${n} ${plural(n, { one: "гудок", few: "гудка", many: "гудков", other: "гудка" })}`,
    turnOn: "Включить",
    turnOff: "Выключить",
    change: "Изменить",
    to: (number: string) => `На ${number}`,
    several: "На разные номера",
    isOn: (where: string) => `Переадресация включена. ${where}`,
    isOff: "Переадресация выключена, звонки приходят на ваш телефон",
  },

  state: { failed: "Программа не отвечает" },

  moreRows: "Показать ещё",

  notAdmin: "Этот раздел открыт только администраторам.",
};
