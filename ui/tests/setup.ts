import { configure } from "@testing-library/svelte";
import { rooms } from "../src/rooms";
import { beforeEach, vi } from "vitest";
import { app } from "../src/lib/app.svelte";
import { i18n } from "../src/lib/i18n/index.svelte";
import { router } from "../src/lib/route.svelte";
import { forgetAll } from "../src/kit/held.svelte";
import { backend } from "./fake/backend";

// What the window reads when it is first shown is here before the first test: no test waits for a module.
await Promise.all([
  ...rooms.map(({ screen }) => ("load" in screen ? screen.load() : null)),
  import("../src/kit/DateRange.svelte"),
  import("../src/kit/MenuEntries.svelte"),
  import("../src/lib/parts/FileDialog.svelte"),
  import("../src/kit/RowMenu.svelte"),
  import("../src/kit/ChosenBar.svelte"),
  import("../src/lib/parts/TagDialog.svelte"),
  import("../src/lib/parts/Commands.svelte"),
  import("../src/lib/parts/DialDialog.svelte"),
  import("../src/lib/parts/ForwardingDialog.svelte"),
  import("../src/rooms/contacts/AttachDialog.svelte"),
  import("../src/rooms/queue/LaterDialog.svelte"),
  import("../src/rooms/queue/Remind.svelte"),
  import("../src/rooms/settings/JoinByLink.svelte"),
  import("../src/rooms/settings/Wizard.svelte"),
]);

// A machine that does other things too is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });

beforeEach(() => {
  vi.useRealTimers();
  backend.reset();
  forgetAll();
  app.loaded.clear();
  app.message = null;
  app.calling.clear();
  app.forwarding = false;
  app.dial = 0;
  i18n.language = "ru";
  router.go("calls", true);
});
