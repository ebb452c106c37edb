/** The address of «Подписки». */
export const heads = ["subscriptions"];
export const read = () => ({});

export const subscriptionsLink = () => "#/subscriptions";
