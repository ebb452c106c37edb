import { mount } from "svelte";
import "./kit/kit.css";
import App from "./App.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
// A browser without the app may look at the kit itself; no other bundle has this page.
if (import.meta.env.MODE === "fake" && window.location.hash === "#/controls") {
  void import("../tests/look/Controls.svelte").then(({ default: Controls }) => mount(Controls, { target }));
} else if (/^#\/(panel|toasts)$/.test(window.location.hash)) {
  const toasts = window.location.hash === "#/toasts";
  void import("./Small.svelte").then(({ default: Small }) => mount(Small, { target, props: { toasts } }));
} else {
  mount(App, { target });
}
