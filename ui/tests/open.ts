import { render, screen, waitFor } from "@testing-library/svelte";
import { expect } from "vitest";
import userEvent from "@testing-library/user-event";
import App from "../src/App.svelte";
import { router } from "../src/lib/route.svelte";

/** Opens the whole window at a route, over the stand-in app. */
export async function open(route: string) {
  router.go(route, true);
  const user = userEvent.setup();
  render(App);
  await screen.findByTestId("shell");
  // A room is read when it is first shown; a question is none.
  if (!route.startsWith("join"))
    await waitFor(() => expect(document.querySelector("main")?.childElementCount).toBeGreaterThan(0));
  return user;
}

export const all = (testid: string) => screen.queryAllByTestId(testid);
export const texts = (testid: string) => all(testid).map((element) => element.textContent?.trim() ?? "");
export const input = (testid: string) => screen.getByTestId<HTMLInputElement>(testid);
