/** The address of «Абоненты». */
export const heads = ["abonents"];
export const read = () => ({});

export const abonentsLink = () => "#/abonents";
