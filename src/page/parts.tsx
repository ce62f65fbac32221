import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Resource } from "./api.ts";

/** A text that belongs somewhere else, with the button that takes it along. */
export function CopyField({ label, text, rows = 1 }: { label: string; text: string; rows?: number }) {
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const id = useId();
  const copy = () => {
    const done = () => {
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    };
    // Without HTTPS there is no clipboard to ask for; the old way still works.
    if (navigator.clipboard === undefined) {
      field.current?.select();
      if (document.execCommand("copy")) done();
    } else {
      navigator.clipboard.writeText(text).then(done, () => field.current?.select());
    }
  };
  return (
    <div class="copy">
      <div>
        <label for={id}>
          <span>{label}</span>
        </label>
        {rows > 1 ? (
          <textarea id={id} ref={field} readOnly rows={rows} value={text} />
        ) : (
          <input id={id} ref={field} readOnly value={text} />
        )}
      </div>
      <button type="button" onClick={copy} aria-label={`Copy: ${label}`}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}

/** Wide tables scroll by themselves, so that the page never does. */
export function Table({
  label,
  head,
  tall = false,
  stack = false,
  children,
}: {
  label: string;
  head: readonly string[];
  /** Scrolls by itself when it is long. */
  tall?: boolean;
  /** On a phone each row becomes two lines. */
  stack?: boolean;
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for input, and a section would be a landmark
    <div
      class={`table ${tall ? "tall" : ""} ${stack ? "stack" : ""}`}
      role="group"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** What to show while there is nothing to show. */
export function Waiting({ resource }: { resource: Resource<unknown> }) {
  return resource.error === null ? <p class="quiet">One moment …</p> : <p class="error">{resource.error}</p>;
}

/** The way to what the documents say of something that failed. */
export function Help({ about, url }: { about: string; url: string }) {
  return (
    <a class="quiet" href={url} target="_blank" rel="noopener noreferrer" aria-label={`More on: ${about}`}>
      More
    </a>
  );
}

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly act: () => void;
}

/** Asks before something dangerous is done. */
export function Confirm({ question, onClose }: { question: Question | null; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (question === null) dialog.current?.close();
    else if (dialog.current?.open === false) dialog.current.showModal();
  }, [question]);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="question">
      <h2 id="question">{question?.title ?? ""}</h2>
      <p>{question?.text ?? ""}</p>
      <div class="row end">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="danger"
          onClick={() => {
            question?.act();
            onClose();
          }}
        >
          {question?.yes ?? ""}
        </button>
      </div>
    </dialog>
  );
}

const MARKS = { ok: "✓", failed: "!", not_known: "?" } as const;
const WORDS = { ok: "holds", failed: "broken", not_known: "not known" } as const;
export type Status = keyof typeof MARKS;

export function Mark({ status }: { status: Status }) {
  return (
    <span class={`mark ${status}`}>
      <span aria-hidden="true">{MARKS[status]}</span>
      <span class="hidden">{WORDS[status]}</span>
    </span>
  );
}
