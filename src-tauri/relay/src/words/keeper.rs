//! Causes found by the keeper.

use super::{Cause, cause};

pub(super) static CAUSES: &[Cause] = &[
    cause(
        "ledger",
        "Подписки нельзя записать: база не пишется",
        "Освободите место на диске; запись возобновится сама.",
        "The subscriptions cannot be stored: the database takes no changes",
        "Free some disk space; storing goes on by itself.",
    ),
    cause(
        "subscription_ended",
        "АТС снова и снова прекращает подписку сразу после оформления",
        "Проверьте, что публичный адрес доступен снаружи и отвечает.",
        "The PBX ends the subscription again and again as soon as it is made",
        "See that the public address can be reached from outside and answers.",
    ),
    cause(
        "events_silent",
        "Подписка действует, в статистике АТС есть звонки, а события не приходят",
        "Проверьте переадресацию порта, межсетевой экран и публичный адрес.",
        "The subscription is in force and the PBX's statistics list calls, but no events come",
        "Check the port forwarding, the firewall and the public address.",
    ),
];
