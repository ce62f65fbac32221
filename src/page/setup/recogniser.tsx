import { useState } from "preact/hooks";
import { useBasket } from "./basket.tsx";
import { recognise } from "./recognise.ts";

const KEYS = [
  "smartcar.client_id",
  "smartcar.client_secret",
  "smartcar.application_id",
  "smartcar.management_token",
  "http.public_url",
  "mqtt.url",
];

/** Says which box a value belongs in, and adds it to the lines for the configuration. */
export function Recogniser() {
  const { put } = useBasket();
  const [text, setText] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const found = recognise(text);
  const chosen = key ?? found.key;
  const take = (event: SubmitEvent) => {
    event.preventDefault();
    if (chosen === null) return;
    put(chosen, text.trim());
    setText("");
    setKey(null);
  };
  return (
    <details class="tool">
      <summary>Which value belongs where?</summary>
      <p>Paste a value to see which box it belongs in. It stays in this browser: nothing is sent or kept.</p>
      <form class="row" onSubmit={take}>
        <label class="grow">
          <span>Value</span>
          <input
            value={text}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
              setKey(null);
            }}
          />
        </label>
        <label>
          <span>Box</span>
          <select value={chosen ?? ""} onChange={({ currentTarget }) => setKey(currentTarget.value || null)}>
            <option value="">–</option>
            {KEYS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={chosen === null}>
          Add
        </button>
      </form>
      <p role="status" class="detail">
        {found.says}
      </p>
    </details>
  );
}
