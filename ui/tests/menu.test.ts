import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import Menu from "../src/kit/Menu.svelte";

const entries = [
  { id: "one", word: "Один" },
  { id: "two", word: "Два" },
];

function shown() {
  const onchoose = vi.fn();
  render(Menu, { props: { label: "Ещё", entries, testid: "more", onchoose } });
  // While a menu is open the page takes no presses; the test presses all the same.
  return { user: userEvent.setup({ pointerEventsCheck: 0 }), button: screen.getByTestId("more"), onchoose };
}

test("a menu is opened and chosen from by keys alone, and gives the focus back", async () => {
  const { user, button, onchoose } = shown();
  expect(button.getAttribute("aria-expanded")).toBe("false");
  button.focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("more-one")));
  expect(button.getAttribute("aria-expanded")).toBe("true");
  await user.keyboard("{ArrowDown}{Enter}");
  expect(onchoose).toHaveBeenCalledWith("two");
  await waitFor(() => expect(document.activeElement).toBe(button));
  await user.keyboard("{ArrowDown}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("more-one")));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByTestId("more-one")).toBeNull());
  await waitFor(() => expect(document.activeElement).toBe(button));
});

test("Tab leaves a menu and closes it", async () => {
  const { user, button } = shown();
  const after = document.createElement("button");
  document.body.append(after);
  button.focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("more-one")));
  await user.tab();
  await waitFor(() => expect(screen.queryByTestId("more-one")).toBeNull());
  expect(button.getAttribute("aria-expanded")).toBe("false");
  expect(document.activeElement).not.toBe(document.body);
  after.remove();
});

test("a second press closes a menu", async () => {
  const { user, button } = shown();
  await user.click(button);
  await screen.findByTestId("more-one");
  await user.click(button);
  await waitFor(() => expect(screen.queryByTestId("more-one")).toBeNull());
  expect(button.getAttribute("aria-expanded")).toBe("false");
});
