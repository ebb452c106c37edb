//! Errors of the PBX's client (`perezvon_pbx::rest::PortalError::code`).

use super::{Cause, cause};

pub(super) static CAUSES: &[Cause] = &[
    cause(
        "pbx_unauthorized",
        "АТС не принимает токен",
        "Создайте новый токен в кабинете АТС, «Интеграция по API», и вставьте его в настройках.",
        "The PBX does not accept the token",
        "Make a new token in the PBX's cabinet (\"Интеграция по API\") and paste it in the settings.",
    ),
    cause(
        "pbx_refused",
        "АТС отказала",
        "Проверьте права токена и публичный адрес; если не поможет, обратитесь в поддержку АТС.",
        "The PBX refused",
        "Check the token's rights and the public address; if that does not help, ask the PBX's support.",
    ),
    cause(
        "pbx_not_json",
        "Вместо АТС отвечает что-то другое (страница, а не данные)",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте прокси и адрес АТС.",
        "Something else than the PBX's interface answers (a page, not data)",
        "Wait: requests are repeated by themselves. If it lasts, check the proxy and the PBX's address.",
    ),
    cause(
        "pbx_unavailable",
        "АТС временно не работает",
        "Подождите: запросы повторяются сами. Если сбой длится, обратитесь в поддержку АТС.",
        "The PBX is out of order for now",
        "Wait: requests are repeated by themselves. If it lasts, ask the PBX's support.",
    ),
    cause(
        "pbx_timeout",
        "АТС не ответила вовремя",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте канал в интернет.",
        "The PBX did not answer in time",
        "Wait: requests are repeated by themselves. If it lasts, check the connection to the internet.",
    ),
    cause(
        "pbx_unreachable_dns",
        "Имя сервера АТС не находится",
        "Проверьте подключение к сети и серверы имён (DNS).",
        "The name of the PBX's server cannot be found",
        "Check the network and the name servers (DNS).",
    ),
    cause(
        "pbx_unreachable_refused",
        "Сервер АТС не принимает соединение",
        "Проверьте адрес АТС и межсетевой экран.",
        "The PBX's server takes no connection",
        "Check the PBX's address and the firewall.",
    ),
    cause(
        "pbx_unreachable_tls",
        "Защищённое соединение с АТС не установлено: сертификат не принят",
        "Проверьте часы компьютера и программы, которые вскрывают HTTPS.",
        "No secure connection to the PBX: its certificate is not accepted",
        "Check the computer's clock and programs that intercept HTTPS.",
    ),
    cause(
        "pbx_unreachable_silent",
        "Сервер АТС не отвечает на попытку соединиться",
        "Проверьте подключение к интернету и межсетевой экран.",
        "The PBX's server does not answer when connecting",
        "Check the internet connection and the firewall.",
    ),
    cause(
        "pbx_unreachable",
        "Нет связи с АТС",
        "Проверьте подключение к интернету.",
        "There is no connection to the PBX",
        "Check the internet connection.",
    ),
    cause(
        "pbx_connection_broken",
        "Связь с АТС оборвалась посреди ответа",
        "Подождите: запросы повторяются сами. Если сбой длится, проверьте канал в интернет.",
        "The connection to the PBX broke in the middle of an answer",
        "Wait: requests are repeated by themselves. If it lasts, check the connection to the internet.",
    ),
    cause(
        "pbx_too_large",
        "Ответ АТС слишком длинный",
        "Обратитесь к разработчикам: такой ответ не ожидался.",
        "The PBX's answer is too long",
        "Tell the developers: such an answer was not expected.",
    ),
    cause(
        "pbx_invalid_argument",
        "Запрос к АТС составить нельзя",
        "Проверьте адрес АТС в настройках сервера.",
        "A request to the PBX cannot be made",
        "Check the PBX's address in the server's configuration.",
    ),
    cause(
        "pbx_outcome_unknown",
        "АТС не сообщила, выполнен ли запрос",
        "Проверьте исход в кабинете АТС, прежде чем повторять.",
        "The PBX did not say whether the request was carried out",
        "Look in the PBX's cabinet before trying again.",
    ),
];
