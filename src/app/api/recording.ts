import type { RecordingView } from "../../http/routes/recording.ts";
import { RECORDING_LIMITS, type Recorder } from "../../recorder/recorder.ts";
import { iso } from "../../vehicle/shown.ts";

/** The flight recorder, as the API shows it. */
export function recordingOf(recorder: Recorder): RecordingView {
  return {
    recording: () => {
      const kept = recorder.kept();
      const recorded = recorder.recorded();
      return {
        kept: kept === null ? null : { ...kept, since: timeOf(kept.since) },
        recorded:
          recorded === null
            ? null
            : {
                started_at: timeOf(recorded.startedAt),
                ends_at: timeOf(recorded.endsAt),
                ended_at: iso(recorded.endedAt),
                end: recorded.end,
                entries: recorded.entries,
                bytes: recorded.bytes,
              },
        limits: RECORDING_LIMITS,
      };
    },
    keep: (minutes) => recorder.keep(minutes),
    record: (minutes) => recorder.record(minutes),
    finish: () => recorder.finish(),
    file: (of) => (of === "kept" ? recorder.keptFile() : recorder.recordedFile()),
  };
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
