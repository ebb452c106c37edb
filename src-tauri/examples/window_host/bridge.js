/* Stands where Tauri's own script stands in a web view: the window asks over HTTP and hears by server-sent events. */
(() => {
  const callbacks = new Map();
  const listeners = new Map();
  let next = 1;
  const told = new EventSource("/told");
  for (const event of ["changed", "navigate", "player", "loading", "toasts"])
    told.addEventListener(event, ({ data }) => {
      for (const [id, [heard, name]] of listeners)
        if (name === event) callbacks.get(heard)?.({ event, id, payload: JSON.parse(data) });
    });
  // What was changed before the ear was there: as after an overflow, everything is read again.
  const open = new Promise((ready) => told.addEventListener("open", ready, { once: true }));

  async function ask({ name, body }) {
    await open;
    const answer = await fetch("/ask", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, body }),
    });
    if (answer.status === 422) throw await answer.json();
    if (!answer.ok) throw `HTTP ${answer.status}`;
    return answer.headers.get("content-type") === "application/json" ? answer.json() : answer.arrayBuffer();
  }

  const commands = {
    ask,
    "plugin:event|listen": ({ event, handler }) => {
      listeners.set(next, [handler, event]);
      return next++;
    },
    "plugin:event|unlisten": ({ eventId }) => void listeners.delete(eventId),
    // A browser's page has its place and its size.
    "plugin:window|destroy": () => undefined,
    "plugin:window|set_size": () => undefined,
    "plugin:window|set_title": ({ value }) => void (document.title = value),
  };
  window.__TAURI_EVENT_PLUGIN_INTERNALS__ = { unregisterListener: (_, id) => listeners.delete(id) };
  window.__TAURI_INTERNALS__ = {
    metadata: { currentWindow: { label: "main" }, currentWebview: { windowLabel: "main", label: "main" } },
    transformCallback(callback, once) {
      const id = next++;
      callbacks.set(id, (payload) => {
        if (once) callbacks.delete(id);
        callback?.(payload);
      });
      return id;
    },
    unregisterCallback: (id) => callbacks.delete(id),
    invoke: async (command, given) => {
      const carried = commands[command];
      if (!carried) throw `no such command: ${command}`;
      return carried(given);
    },
  };
})();
