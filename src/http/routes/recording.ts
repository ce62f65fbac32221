import { z } from "zod";
import { type Endpoints, Refused } from "../endpoints.ts";
import { Recording, RecordingFile } from "../schema/recording.ts";

/** What these routes need of the rest. */
export interface RecordingView {
  recording(): Recording;
  /** Keeps the last so many minutes; 0 keeps none. */
  keep(minutes: number): void;
  /** Records the next so many minutes. */
  record(minutes: number): void;
  /** Ends the recording that runs. */
  finish(): void;
  /** The file's text; null when there is none. */
  file(of: RecordingFile["of"]): string | null;
}

export function recordingRoutes(api: Endpoints, view: RecordingView, now: () => number): void {
  const { limits } = view.recording();
  const minutes = z.int().max(limits.minutes);
  const answered = (act: () => void) => {
    act();
    return view.recording();
  };
  api.get("/api/recording", { about: "the flight recorder: what it keeps and records", answer: Recording }, () =>
    view.recording(),
  );
  api.post(
    "/api/recording/keep",
    {
      about: "keeps the last minutes from now on, also after a restart; 0 keeps none",
      body: z.strictObject({ minutes: minutes.min(0) }),
      answer: Recording,
    },
    ({ body }) => answered(() => view.keep(body.minutes)),
  );
  api.post(
    "/api/recording/record",
    {
      about: "records the next minutes; a recording made before is forgotten",
      body: z.strictObject({ minutes: minutes.min(1) }),
      answer: Recording,
    },
    ({ body }) => answered(() => view.record(body.minutes)),
  );
  api.post("/api/recording/stop", { about: "ends the recording that runs", answer: Recording }, () =>
    answered(() => view.finish()),
  );
  api.file(
    "/api/recording/file",
    {
      about:
        "a recording, without secrets, ids, VINs or places: a line of JSON for what it is, then one for each entry",
      query: RecordingFile,
      type: "application/x-ndjson",
    },
    ({ query }) => {
      const text = view.file(query.of);
      if (text === null) throw new Refused(404, "NO_RECORDING", WHY_NONE[query.of]);
      // A text that every system opens at a double click: it is to be read before it is sent.
      return { name: `smartcar2mqtt-recording-${compact(now())}.txt`, text };
    },
  );
}

const WHY_NONE = {
  kept: "the last minutes are not kept: switch that on first",
  recorded: "there is no recording that has ended",
};

/** `20261121T235900Z`: a time that may stand in a file's name. */
function compact(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
}
