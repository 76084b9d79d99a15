import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseAppName } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "./component.ts";

const fixtures = resolve(process.env["FLAMELINE_FIXTURES"] ?? join(import.meta.dirname, "../../../../../../shared/fixtures"), "ingest");

interface Recorded {
  readonly url: string;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
}

/** Those that the sender's HTTP library makes itself. */
const framing = new Set(["host", "connection", "content-length"]);

function headersOf({ headers }: Recorded): Headers {
  const result = new Headers();
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]?.toLowerCase() ?? "";
    if (!framing.has(name)) result.append(name, headers[at + 1] ?? "");
  }
  return result;
}

describe.skipIf(!existsSync(fixtures))("pyroscope.receive_http with recorded requests of SDKs", () => {
  it.each(globSync("**/*.json", { cwd: fixtures }).sort())("passes %s on unchanged", async (file) => {
    const recorded = JSON.parse(readFileSync(join(fixtures, file), "utf8")) as Recorded;
    const body = readFileSync(join(fixtures, file.replace(/json$/, "body")));
    const receiver = new RecordingReceiver();
    const text = 'forward_to = [it]\nhttp {\nlisten_address = "127.0.0.1"\nlisten_port = 0\n}\n';
    await using component = await RunningComponent.start(pyroscopeReceiveHttp, text, { receivers: { it: receiver } });
    const port = Number(component.log.lines[0]?.fields["port"]);
    const headers = headersOf(recorded);
    const answer = await fetch(`http://127.0.0.1:${port}${recorded.url}`, { method: "POST", headers, body });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    const [profile] = receiver.profiles;
    const query = recorded.url.slice("/ingest?".length);
    expect(profile?.body).toMatchObject({ kind: "ingest", path: "/ingest", query, contentTypes: [headers.get("content-type")] });
    expect(body.equals(profile?.body.data ?? new Uint8Array())).toBe(true);
    const sent = parseAppName(new URLSearchParams(query).get("name") ?? "").labels;
    expect(profile?.labels.toRecord()).toEqual({ ...sent?.toRecord(), service_name: sent?.get("__name__") });
  });
});
