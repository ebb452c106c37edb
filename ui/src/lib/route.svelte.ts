/** Where the window is: hash routes. Which there are, the rooms say. */

/** A room and what it was asked to show. */
export type Route = { screen: string; [what: string]: unknown };

/** Asked before the window leaves a place; an answer of `false` keeps it there. */
export type Guard = () => Promise<boolean>;

class Router {
  route = $state.raw<Route>({ screen: "" });
  #read: (hash: string) => Route = () => ({ screen: "" });
  #hash = window.location.hash;
  #guard: Guard | null = null;
  #asking = false;

  /** How addresses are read. */
  know(read: (hash: string) => Route): void {
    this.#read = read;
    this.route = read(this.#hash);
  }

  /** Follows the address bar; answers how to stop. */
  start(): () => void {
    const heard = () => void this.#arrive();
    window.addEventListener("hashchange", heard);
    this.#hash = window.location.hash;
    this.route = this.#read(this.#hash);
    return () => window.removeEventListener("hashchange", heard);
  }

  /** Guards the present place; answers how to lift the guard. */
  guard(guard: Guard): () => void {
    this.#guard = guard;
    return () => {
      if (this.#guard === guard) this.#guard = null;
    };
  }

  go(route: string, replace = false): void {
    const hash = `#/${route.replace(/^#?\/?/, "")}`;
    if (replace) {
      window.history.replaceState(null, "", hash);
      this.#hash = hash;
      this.route = this.#read(hash);
    } else {
      window.location.hash = hash;
    }
  }

  async #arrive(): Promise<void> {
    const hash = window.location.hash;
    if (hash === this.#hash) return;
    if (this.#guard) {
      window.history.replaceState(null, "", this.#hash || "#/");
      if (this.#asking) return;
      this.#asking = true;
      const leave = await this.#guard().finally(() => (this.#asking = false));
      if (!leave) return;
      this.#guard = null;
      window.history.pushState(null, "", hash);
    }
    this.#hash = hash;
    this.route = this.#read(hash);
  }
}

export const router = new Router();
