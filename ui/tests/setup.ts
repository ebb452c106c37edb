import { configure } from "@testing-library/svelte";
import "../src/rooms";
import { beforeEach, vi } from "vitest";
import { app } from "../src/lib/app.svelte";
import { i18n } from "../src/lib/i18n/index.svelte";
import { router } from "../src/lib/route.svelte";
import { backend } from "./fake/backend";

// A machine that does other things too is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });

beforeEach(() => {
  vi.useRealTimers();
  backend.reset();
  app.loaded.clear();
  app.message = null;
  app.calling.clear();
  i18n.language = "ru";
  router.go("calls", true);
});
