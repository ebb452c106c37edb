/** What a room tells the house: one folder, and one line in `rooms.ts`. */
import type { Component } from "svelte";
import type { IconName } from "../kit/Icon.svelte";
import type { Address } from "./address";
import type { AppState } from "./bindings/AppState";

/** A screen that is read when it is first shown: the window opens without it. */
export type Lazy<P extends object> = { load: () => Promise<{ default: Component<P> }> };
export const lazy = <P extends object>(load: Lazy<P>["load"]): Lazy<P> => ({ load });

/** `P` is what its screen is given, `T` are its own words. */
export type Room<P extends object, T extends object> = {
  /** The room in routes and in tests. */
  name: string;
  title: (t: T) => string;
  icon: IconName;
  /** Administrators' rooms stand in a group of their own. */
  for: "all" | "admin";
  /** Where the rail leads; a room without it is reached from `within`. */
  home: string | null;
  /** The room that the rail shows as the present one instead of this. */
  within?: string;
  /** At the end of the rail. */
  last?: boolean;
  /** The first words of its addresses. */
  heads: readonly string[];
  /** What its screen is given; `null` for an address that leads nowhere. */
  read: (address: Address) => P | null;
  screen: Component<P> | Lazy<P>;
  /** What can be begun there from anywhere: a word, and the address that begins it. */
  deeds?: (t: T) => { word: string; icon: IconName; to: string }[];
  /** What waits there, for the rail, and in words. */
  waits?: (state: AppState, t: T) => { count: number; words: string; answer: boolean };
  words: { ru: T; en: object };
};

/** Holds `read` and `screen` to the same properties, and the names to the room's own words. */
export const room = <P extends object, T extends object>(one: Room<P, T>): Room<P, T> => one;
