/** The waveform as bars: how far each reaches up and down, 0 to 1. */

/** Quieter than this is nothing: 40 dB below full scale, at a quarter of a decibel each. */
const FLOOR = 255 - 160;

const reach = (level: number) => Math.max(0, (level - FLOOR) / (255 - FLOOR)) ** 1.4;

/** `levels` has one channel after the other. Of one channel both halves are the same; of two, the first is above. */
export function bars(levels: Uint8Array | null, channels: number, count: number): [number, number][] {
  const lists = Math.max(1, channels);
  const each = levels ? Math.floor(levels.length / lists) : 0;
  if (!levels || !each) return [];
  const loudest = (channel: number, bar: number) => {
    const from = Math.floor((bar * each) / count);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * each) / count));
    let most = 0;
    for (let i = channel * each + from; i < channel * each + Math.min(to, each); i++)
      most = Math.max(most, levels[i] ?? 0);
    return reach(most);
  };
  return Array.from({ length: count }, (_, bar) => {
    const up = loudest(0, bar);
    return [up, lists > 1 ? loudest(1, bar) : up];
  });
}
