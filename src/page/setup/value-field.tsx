import { useBasket } from "./basket.tsx";
import { misplaced } from "./recognise.ts";

/** A value that the configuration lacks: typed here, it is added to the lines to paste. */
export function ValueField({ name, hint, example = "" }: { name: string; hint: string; example?: string }) {
  const { values, put } = useBasket();
  const text = values.get(name) ?? "";
  const wrong = misplaced(name, text);
  return (
    <div class="value">
      <label>
        <span>
          <strong>{name}</strong> {hint}
        </span>
        <input
          value={text}
          placeholder={example}
          autocomplete="off"
          spellcheck={false}
          aria-invalid={wrong !== null}
          onInput={({ currentTarget }) => put(name, currentTarget.value.trim())}
        />
      </label>
      <p class="error" role="status">
        {wrong ?? ""}
      </p>
    </div>
  );
}
