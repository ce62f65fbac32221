import { useState } from "preact/hooks";
import type { Report } from "../../http/schema/traffic.ts";
import { get } from "../api.ts";
import { CopyField } from "../parts.tsx";

export function ReportTool() {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const make = () => {
    get<Report>("api/report").then(
      (report) => setText(report.text),
      (failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)),
    );
  };
  return (
    <section aria-labelledby="report">
      <h2 id="report">Report</h2>
      <p>For an issue: everything above in short, without secrets, ids, VINs or places. Read it before you send it.</p>
      <button type="button" onClick={make}>
        Make a report
      </button>
      <p class="error" role="alert">
        {error ?? ""}
      </p>
      {text !== null && <CopyField label="Report (Markdown)" text={text} rows={14} />}
    </section>
  );
}
