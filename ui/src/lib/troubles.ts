// Written by `cargo test` from src-tauri/desk/src/words/trouble.rs: do not edit.
import type { MendedIn } from "./bindings/MendedIn";
import type { Trouble } from "./bindings/Trouble";

/** What is wrong, and what to do about it; `{folder}` stands for the data folder. */
export type TroubleWords = { title: string; advice: string };

export const troubles: Record<"ru" | "en", Record<Trouble, TroubleWords>> = {
  ru: {
    no_token: { title: "Нет токена АТС", advice: "Создайте токен в личном кабинете и вставьте его в настройках: без него звонки не появятся." },
    token_refused: { title: "АТС не приняла токен", advice: "Токен отозван или введён с ошибкой. Создайте новый в личном кабинете и вставьте его в настройках." },
    pbx_unreachable: { title: "АТС недоступна", advice: "Проверьте подключение к интернету. Программа повторяет попытки сама." },
    pbx_unavailable: { title: "АТС временно не отвечает", advice: "Сбой на стороне АТС. Программа повторяет попытки сама; если это длится долго, обратитесь в поддержку." },
    no_public_url: { title: "Звонки не приходят", advice: "АТС не знает, куда сообщать о звонках, и они не появляются. Укажите адрес приёма событий." },
    polling: { title: "Звонки приходят с опозданием", advice: "Звонки появляются в журнале с опозданием, уведомлений о входящих нет. Укажите публичный адрес, по которому АТС достанет до этого компьютера, или подключитесь к серверу компании." },
    events_silent: { title: "События не доходят", advice: "Подписка действует, и в статистике АТС есть звонки, но события сюда не доходят. Проверьте публичный адрес, переадресацию порта и межсетевой экран." },
    subscription_refused: { title: "Подписка не продлена", advice: "АТС отклонила подписку на события. Проверьте публичный адрес и права токена." },
    no_me: { title: "Не выбран абонент", advice: "Укажите, кто вы среди абонентов АТС: тогда появятся ваши звонки и можно будет перезванивать." },
    relay_unreachable: { title: "Нет связи с сервером звонков", advice: "Проверьте адрес сервера и подключение к сети. Пропущенное за это время придёт само." },
    key_refused: { title: "Сервер звонков не принял ключ", advice: "Ключ отозван или введён с ошибкой. Попросите у администратора новый." },
    port_in_use: { title: "Порт занят", advice: "Порт для приёма событий использует другая программа. Закройте её или укажите другой порт." },
    disk_full: { title: "Нет места на диске", advice: "Новые звонки не сохраняются. Освободите место на диске." },
    data_folder: { title: "База звонков не открывается", advice: "Папка данных {folder} должна быть на локальном диске этого компьютера, не в сети, и доступна для записи. Файлы в ней не изменены." },
    database_damaged: { title: "База звонков повреждена", advice: "Перезапустите программу. Если не поможет, восстановите папку данных из резервной копии." },
    no_notifications: { title: "Уведомления не показываются", advice: "Разрешите уведомления для «Перезвона» в настройках системы. Пропущенное видно в разделе «Уведомления»." },
    quiet: { title: "Включено «Не беспокоить»", advice: "Уведомления видны только в центре уведомлений. Выключите «Не беспокоить» или разрешите в нём «Перезвон»." },
    keyring_locked: { title: "Хранилище паролей закрыто", advice: "Разблокируйте хранилище паролей системы, чтобы программа могла прочитать токен." },
    starting: { title: "Программа запускается", advice: "Звонки появятся через несколько секунд." },
  },
  en: {
    no_token: { title: "No PBX token", advice: "Create a token in the customer portal and paste it in Settings: without it no calls appear." },
    token_refused: { title: "The PBX refused the token", advice: "It was revoked or mistyped. Create a new one in the customer portal and paste it in Settings." },
    pbx_unreachable: { title: "The PBX cannot be reached", advice: "Check the internet connection. The app keeps trying by itself." },
    pbx_unavailable: { title: "The PBX is temporarily unavailable", advice: "The fault is on the PBX's side. The app keeps trying; if this lasts, contact their support." },
    no_public_url: { title: "Calls do not arrive", advice: "The PBX does not know where to report calls, so none appear. Enter the callback address." },
    polling: { title: "Calls arrive late", advice: "Calls appear in the journal late, and incoming calls do not pop up. Enter a public address at which the PBX reaches this computer, or connect to the company's server." },
    events_silent: { title: "Events do not get through", advice: "The subscription is in force and the PBX's statistics list calls, but no events come. Check the public address, the port forwarding and the firewall." },
    subscription_refused: { title: "The subscription was not renewed", advice: "The PBX refused the event subscription. Check the public address and the rights of the token." },
    no_me: { title: "No PBX user chosen", advice: "Say who you are among the PBX users: then your calls appear and you can call back." },
    relay_unreachable: { title: "The call server cannot be reached", advice: "Check the server's address and the network. What you miss meanwhile arrives by itself." },
    key_refused: { title: "The call server refused the key", advice: "It was revoked or mistyped. Ask your administrator for a new one." },
    port_in_use: { title: "The port is in use", advice: "Another program holds the port for events. Close that program or enter another port." },
    disk_full: { title: "The disk is full", advice: "New calls are not saved. Free some disk space." },
    data_folder: { title: "The call database cannot be opened", advice: "The data folder {folder} must be on a local disk of this computer, not on a network drive, and writable. Its files were not changed." },
    database_damaged: { title: "The call database is damaged", advice: "Restart the app. If that does not help, restore the data folder from a backup." },
    no_notifications: { title: "Notifications are not shown", advice: "Allow them for Perezvon in the system settings. What you missed is listed under Notifications." },
    quiet: { title: "“Do not disturb” is on", advice: "Notifications are seen in the notification centre only. Switch it off, or let Perezvon through." },
    keyring_locked: { title: "The keyring is locked", advice: "Unlock the system's keyring so that the app can read the token." },
    starting: { title: "The app is starting", advice: "Calls will appear in a few seconds." },
  },
};

/** The section of the settings where a trouble is mended. */
export const mendedIn: Record<Trouble, MendedIn> = {
  no_token: "connection",
  token_refused: "connection",
  pbx_unreachable: "check",
  pbx_unavailable: "check",
  no_public_url: "address",
  polling: "address",
  events_silent: "check",
  subscription_refused: "address",
  no_me: "me",
  relay_unreachable: "connection",
  key_refused: "connection",
  port_in_use: "address",
  disk_full: "check",
  data_folder: "check",
  database_damaged: "check",
  no_notifications: "notifications",
  quiet: "notifications",
  keyring_locked: "connection",
  starting: "check",
};
