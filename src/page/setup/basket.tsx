import { type ComponentChildren, createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { CopyField } from "../parts.tsx";
import { asEnvironment, asYaml } from "./configuration-text.ts";
import { misplaced } from "./recognise.ts";

export interface Basket {
  readonly values: ReadonlyMap<string, string>;
  /** An empty value takes the key out again. */
  readonly put: (key: string, value: string) => void;
}

const BasketContext = createContext<Basket>({ values: new Map(), put: () => undefined });

export const useBasket = (): Basket => useContext(BasketContext);

/** Gathers what was typed on this page. It stays in the browser: nothing is sent or kept. */
export function WithBasket({ children }: { children: ComponentChildren }) {
  const [values, setValues] = useState<ReadonlyMap<string, string>>(new Map());
  const put = (key: string, value: string) => {
    const next = new Map(values);
    if (value === "") next.delete(key);
    else next.set(key, value);
    setValues(next);
  };
  return <BasketContext.Provider value={{ values, put }}>{children}</BasketContext.Provider>;
}

/**
 * The lines for the configuration, but none that looks misplaced. `held` is what the configuration has by now: that need
 * not be told again.
 */
export function BasketView({ held }: { held: ReadonlySet<string> }) {
  const { values } = useBasket();
  const open = new Map([...values].filter(([key, value]) => !held.has(key) && misplaced(key, value) === null));
  if (open.size === 0) return null;
  const yaml = asYaml(open);
  return (
    <section class="basket" aria-labelledby="basket">
      <h2 id="basket">For your configuration</h2>
      <p class="quiet">Paste these lines there, then start the bridge again. This page waits and goes on by itself.</p>
      <CopyField label="For .env" text={asEnvironment(open)} rows={open.size} />
      <details>
        <summary>As YAML</summary>
        <CopyField label="For config.yaml" text={yaml} rows={yaml.split("\n").length} />
      </details>
    </section>
  );
}
