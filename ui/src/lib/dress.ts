/** The language and the colours of a window; answers how to stop following the system's. */
import type { Theme } from "./bindings/Theme";

export function dress(language: string, theme: Theme): () => void {
  document.documentElement.lang = language;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const dark = theme === "dark" || (theme === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  };
  paint();
  system.addEventListener("change", paint);
  return () => system.removeEventListener("change", paint);
}
