import { useEffect, useRef, useState } from "preact/hooks";
import { post } from "../api.ts";

/** A look takes calls from the application's bucket, which refills with two a minute. */
const AGAIN_MS = 60_000;

/**
 * Not everything is told by itself: what is done in Smartcar's dashboard has to be looked for. `open` while something is
 * missing: then whoever comes back to this page has probably done it, and need not press.
 */
export function LookAgain({ open }: { open: boolean }) {
  const [state, setState] = useState<"" | "looking" | "failed">("");
  const lookedAt = useRef(Number.NEGATIVE_INFINITY);
  const check = () => {
    lookedAt.current = Date.now();
    setState("looking");
    post("api/check", {}).then(
      () => setState(""),
      () => setState("failed"),
    );
  };
  useEffect(() => {
    if (!open) return;
    const onReturn = () => {
      if (document.visibilityState === "visible" && Date.now() - lookedAt.current >= AGAIN_MS) check();
    };
    document.addEventListener("visibilitychange", onReturn);
    return () => document.removeEventListener("visibilitychange", onReturn);
  }, [open]);
  return (
    <p>
      <button type="button" onClick={check} disabled={state === "looking"}>
        Look again
      </button>{" "}
      <span class="quiet" role="status">
        {state === "looking" ? "Asking Smartcar …" : state === "failed" ? "That did not work." : ""}
      </span>
    </p>
  );
}
