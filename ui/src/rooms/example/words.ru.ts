export const ru = { example: { title: "Пример", calls: (count: number) => `Звонков: ${count}` } };
