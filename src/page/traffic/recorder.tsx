import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Recording, RecordingFile } from "../../http/schema/recording.ts";
import { post, useResource } from "../api.ts";
import { clockTime, span, useNow } from "../format.ts";
import { Waiting } from "../parts.tsx";

type Kept = NonNullable<Recording["kept"]>;
type Recorded = NonNullable<Recording["recorded"]>;
type Act = (path: "keep" | "record" | "stop", body?: { minutes: number }) => void;

/** For what a report does not explain: everything that came in and went out, to be saved and replayed. */
export function FlightRecorder() {
  const recording = useResource<Recording>("api/recording", ["recording", "traffic"]);
  const [error, setError] = useState<string | null>(null);
  const act: Act = (path, body = undefined) => {
    post(`api/recording/${path}`, body ?? {}).then(
      () => {
        setError(null);
        recording.reload();
      },
      (failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)),
    );
  };
  return (
    <section aria-labelledby="recorder">
      <h2 id="recorder">Flight recorder</h2>
      <p>
        What came in and went out, line by line, so that others can replay it: readings, times and Smartcar's words as
        they are; VINs, ids, names and free text replaced, places moved to the open sea; secrets, addresses and what
        strangers sent not at all. Read it before you send it.
      </p>
      {recording.data === null ? <Waiting resource={recording} /> : <Both recording={recording.data} act={act} />}
      <p class="error" role="alert">
        {error ?? ""}
      </p>
    </section>
  );
}

function Both({ recording: { kept, recorded, limits }, act }: { recording: Recording; act: Act }) {
  return (
    <>
      <Minutes
        label="Keep the last … minutes"
        button={kept === null ? "Keep" : "Change"}
        usual={kept?.minutes ?? 30}
        most={limits.minutes}
        onGiven={(minutes) => act("keep", { minutes })}
      />
      {kept !== null && <KeptView kept={kept} act={act} />}
      <Minutes
        label="Record the next … minutes"
        button="Record"
        usual={10}
        most={limits.minutes}
        isBusy={recorded !== null && recorded.ended_at === null}
        onGiven={(minutes) => act("record", { minutes })}
      />
      {recorded !== null &&
        (recorded.ended_at === null ? <Running recorded={recorded} act={act} /> : <Ended recorded={recorded} />)}
      <p class="quiet">
        Both lie in memory, at most {size(limits.bytes)} each. A restart forgets what was recorded and goes on keeping.
      </p>
    </>
  );
}

function Minutes({
  label,
  button,
  usual,
  most,
  isBusy = false,
  onGiven,
}: {
  label: string;
  button: string;
  usual: number;
  most: number;
  isBusy?: boolean;
  onGiven: (minutes: number) => void;
}) {
  const [minutes, setMinutes] = useState<string | null>(null);
  const value = minutes ?? String(usual);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        setMinutes(null);
        onGiven(Number(value));
      }}
    >
      <label class="grow">
        <span>{label}</span>
        <input
          type="number"
          inputMode="numeric"
          required
          min={1}
          max={most}
          value={value}
          onInput={({ currentTarget }) => setMinutes(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={isBusy}>
        {button}
      </button>
    </form>
  );
}

function KeptView({ kept, act }: { kept: Kept; act: Act }) {
  return (
    <Standing of="kept">
      <span role="status">The last {kept.minutes} min are kept.</span>
      <span>
        {amount(kept)} since {clockTime(kept.since)}.
      </span>
      <Save of="kept" />
      <button type="button" onClick={() => act("keep", { minutes: 0 })}>
        Keep nothing
      </button>
    </Standing>
  );
}

function Running({ recorded, act }: { recorded: Recorded; act: Act }) {
  const now = useNow();
  const [from, to] = [Date.parse(recorded.started_at), Date.parse(recorded.ends_at)];
  return (
    <Standing of="recorded">
      <span role="status">Records until {clockTime(to)}.</span>
      <span>So far {amount(recorded)}.</span>
      <progress max={to - from} value={Math.min(to, Math.max(from, now)) - from} aria-label="Time recorded" />
      <button type="button" onClick={() => act("stop")}>
        Stop
      </button>
    </Standing>
  );
}

const ENDS = { time: "", stopped: " It was stopped.", full: " Then there was no more room." } as const;

function Ended({ recorded }: { recorded: Recorded }) {
  const length = Date.parse(recorded.ended_at ?? recorded.ends_at) - Date.parse(recorded.started_at);
  return (
    <Standing of="recorded">
      <span role="status">
        Recorded from {clockTime(recorded.started_at)}, {span(length)}: {amount(recorded)}.
        {ENDS[recorded.end ?? "time"]}
      </span>
      <Save of="recorded" />
    </Standing>
  );
}

function Standing({ of, children }: { of: RecordingFile["of"]; children: ComponentChildren }) {
  return (
    <div class="row standing" data-testid={of}>
      {children}
    </div>
  );
}

function Save({ of }: RecordingFile) {
  return (
    <a class="button" href={`api/recording/file?of=${of}`} download>
      Save {of === "kept" ? "what is kept" : "the recording"}
    </a>
  );
}

function amount({ entries, bytes }: { entries: number; bytes: number }): string {
  return `${entries} ${entries === 1 ? "entry" : "entries"}, ${size(bytes)}`;
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
