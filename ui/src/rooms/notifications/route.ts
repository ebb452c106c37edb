/** The address of «Уведомления». */
export const heads = ["notifications"];
export const read = () => ({});

export const notificationsLink = () => "#/notifications";
