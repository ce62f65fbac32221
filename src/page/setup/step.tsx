import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { ShownLink } from "../../http/schema/chain.ts";
import { sentence } from "../format.ts";
import { Help, Mark, type Status } from "../parts.tsx";

/** Some links of the chain, and what helps to mend them: open while there is something to do. */
export function Step({
  title,
  links,
  isUnfinished = false,
  children,
}: {
  title: string;
  links: readonly ShownLink[];
  /** Something is still to be entered, though what is there holds. */
  isUnfinished?: boolean;
  children?: ComponentChildren;
}) {
  const holds = links.length > 0 && links.every((link) => link.status === "ok") && !isUnfinished;
  const status: Status = links.some((link) => link.status === "failed") ? "failed" : holds ? "ok" : "not_known";
  // Until the reader decides otherwise.
  const [chosen, setChosen] = useState<boolean | null>(null);
  const open = chosen ?? status !== "ok";
  return (
    <li class={`step ${status}`} data-step={title} data-status={status}>
      <h2>
        <button type="button" aria-expanded={open} onClick={() => setChosen(!open)}>
          <Mark status={status} />
          {title}
        </button>
      </h2>
      {open && (
        <div class="step-body">
          <ul class="links">
            {links.map((link) => (
              <LinkView key={link.name} link={link} />
            ))}
          </ul>
          {children}
        </div>
      )}
    </li>
  );
}

function LinkView({ link }: { link: ShownLink }) {
  return (
    <li data-link={link.name} data-status={link.status}>
      <Mark status={link.status} />
      <div>
        <strong>{link.name}</strong> <span class="detail">{link.detail}</span>
        {link.fix !== null && <p class="fix">{sentence(link.fix)}</p>}
        {link.status === "failed" && <Help about={link.name} url={link.help} />}
      </div>
    </li>
  );
}
