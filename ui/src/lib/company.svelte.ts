/** The whole company's calls at an administrator's desk: whether they are wanted, and how far they are. */
import type { CompanyCalls } from "./bindings/CompanyCalls";
import type { NamedAbonent } from "./bindings/NamedAbonent";
import { app } from "./app.svelte";
import { asFailure, ask } from "./ipc";

const LOOK_MS = 1000;

const NOTHING: CompanyCalls = { wanted: false, whole: false, percent: 0, trouble: null };

class Company {
  view = $state.raw<CompanyCalls>(NOTHING);
  /** The other abonents, by name. */
  abonents = $state.raw<NamedAbonent[]>([]);
  #looking: ReturnType<typeof setTimeout> | undefined;

  /** Reads how far they are; as long as more is to come, again and again. */
  async read(): Promise<void> {
    clearTimeout(this.#looking);
    if (!app.state?.service.admin) {
      this.view = NOTHING;
      this.abonents = [];
      return;
    }
    try {
      const before = this.view;
      this.view = await ask("calls.company");
      if (this.view.wanted && (!this.abonents.length || this.view.whole !== before.whole))
        this.abonents = await ask("calls.abonents");
    } catch (reason) {
      app.complain(asFailure(reason));
      return;
    }
    if (this.view.wanted && !this.view.whole) this.#looking = setTimeout(() => void this.read(), LOOK_MS);
  }

  async want(wanted: boolean): Promise<void> {
    try {
      await ask("calls.want_company", { wanted });
      if (!wanted) this.abonents = [];
    } catch (reason) {
      app.complain(asFailure(reason));
    }
    await this.read();
  }
}

export const company = new Company();
