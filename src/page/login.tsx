import { useState } from "preact/hooks";
import { post } from "./api.ts";

export function Login({ onDone }: { onDone: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const password = String(new FormData(form).get("password") ?? "");
    try {
      await post("api/login", { password });
      onDone();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <main class="login">
      <h1>smartcar2mqtt</h1>
      <form onSubmit={(event) => void submit(event)}>
        <input
          class="hidden"
          type="text"
          name="username"
          autocomplete="username"
          value="smartcar2mqtt"
          tabIndex={-1}
          aria-hidden="true"
          readOnly
        />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <p class="error" role="alert">
          {error ?? ""}
        </p>
        <button type="submit" class="primary">
          Open
        </button>
      </form>
      <p class="quiet">It is the value of http.password in the configuration.</p>
    </main>
  );
}
