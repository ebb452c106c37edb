import type { ru } from "./words.ru";

export const en = {
  notifications: {
    waiting: (n) => `not seen: ${n}`,
    title: "Notifications",
    list: "List of notifications",
    markAll: "Mark all as seen",
    mark: "Mark as seen",
    marked: (n) => `Marked as seen: ${n}`,
    open: "Open",
    empty: "No notifications yet. Everything the app has shown will stay here.",
    more: "Show more",
    kinds: {
      incoming: "Incoming call",
      answered_elsewhere: "Answered by a colleague",
      missed: "Missed call",
      document: "Document",
      recording: "Recording ready",
      progress: "Outgoing call",
      reminder: "Reminder",
      digest: "Summary",
      trouble: "Service",
    },
    states: {
      prepared: "not shown",
      shown: "shown",
      clicked: "opened",
      dismissed: "closed",
      expired: "expired",
    },
    unseen: "not seen",
  },
} satisfies typeof ru;
