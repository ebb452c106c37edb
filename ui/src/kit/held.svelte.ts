/** What a page keeps while another one is shown: its list, its filters, how far one had read. */
const forgotten: (() => void)[] = [];

/** Made when it is first wanted, and kept. */
export function held<T>(make: () => T): () => T {
  let kept: { value: T } | null = null;
  let end = (): void => undefined;
  forgotten.push(() => {
    end();
    kept = null;
  });
  return () => {
    // What is derived in it belongs to no component, and does not end with one.
    if (!kept) end = $effect.root(() => void (kept = { value: make() }));
    return (kept as unknown as { value: T }).value;
  };
}

/** For tests, of which each begins with a window that was not used yet. */
export const forgetAll = (): void => forgotten.forEach((one) => one());
