import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { DebugInfoCall, DebugInfoClient } from "../../component/debug-info-client.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "./component.ts";

const service = "/debuginfo.v1alpha1.DebuginfoService";

/** A receiver with a server that takes debug information. */
class DebugInfoReceiver extends RecordingReceiver {
  readonly questions: DebugInfoCall[] = [];
  readonly files = new Map<string, string>();
  failure: DeliveryError | undefined;
  failsLate = false;

  debugInfoClients(): readonly DebugInfoClient[] {
    return [
      {
        call: (call) => {
          this.questions.push(call);
          return this.failure === undefined ? Promise.resolve(Buffer.from("answer")) : Promise.reject(this.failure);
        },
        upload: async (buildId, content) => {
          if (this.failure !== undefined) throw this.failure;
          const chunks: Uint8Array[] = [];
          for await (const chunk of content) {
            if (this.failsLate) throw new DeliveryError("unavailable: gone", { code: "unavailable", retryable: true });
            chunks.push(chunk);
          }
          this.files.set(buildId, Buffer.concat(chunks).toString());
        },
      },
    ];
  }
}

interface SetUp extends AsyncDisposable {
  readonly component: RunningComponent;
  readonly url: string;
  post(path: string, body: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

async function setUp(receiver: RecordingReceiver | undefined, more = ""): Promise<SetUp> {
  const http = `http {\nlisten_address = "127.0.0.1"\nlisten_port = 0\nserver_read_timeout = "200ms"\nserver_write_timeout = "300ms"\n}`;
  const body = `forward_to = [${receiver === undefined ? "" : "r"}]\n${http}\n${more}`;
  const component = await RunningComponent.start(pyroscopeReceiveHttp, body, { receivers: receiver === undefined ? {} : { r: receiver } });
  const port = Number(component.log.lines.find(({ message }) => message === "starting server")?.fields["port"]);
  const url = `http://127.0.0.1:${port}${service}`;
  return {
    component,
    url,
    post: (path, content, headers = {}) => fetch(`${url}/${path}`, { method: "POST", body: content, headers }),
    [Symbol.asyncDispose]: () => component[Symbol.asyncDispose](),
  };
}

function calls({ component }: SetUp, method: string, result: string): number | undefined {
  return component.metric(`pyroscope_receive_http_debuginfo_downstream_calls_total{method="${method}",result="${result}"}`);
}

describe("debug information", () => {
  it("is passed on to the first server down the pipeline, calls in the codec in which they came", async () => {
    const receiver = new DebugInfoReceiver();
    await using it = await setUp(receiver);
    const answer = await it.post("ShouldInitiateUpload", "question", { "content-type": "application/proto" });
    expect([answer.status, await answer.text()]).toEqual([200, "answer"]);
    await it.post("UploadFinished", '{"a":1}', { "content-type": "application/json" });
    expect(receiver.questions.map(({ method, codec, message }) => [method, codec, Buffer.from(message).toString()])).toEqual([
      ["ShouldInitiateUpload", "proto", "question"],
      ["UploadFinished", "json", '{"a":1}'],
    ]);
    expect((await it.post("Upload/a%2Fb", "file")).status).toBe(200);
    expect(receiver.files.get("a/b")).toBe("file");
    expect([calls(it, "Upload", "success"), calls(it, "UploadFinished", "success")]).toEqual([1, 1]);
  });

  it("may take longer than other requests to come in, as long as it is allowed", async () => {
    const receiver = new DebugInfoReceiver();
    await using it = await setUp(receiver, 'debug_info_upload_timeout = "5s"');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const slow = request(`${it.url}/Upload/slow`, { method: "POST" }, (response) => resolve(response.resume().statusCode));
      slow.on("error", reject);
      void (async () => {
        for (let index = 0; index < 6; index += 1) {
          slow.write("x");
          await sleep(100);
        }
        slow.end();
      })();
    });
    expect(status).toBe(200);
    expect(receiver.files.get("slow")).toBe("xxxxxx");
  });

  it("is refused with the reason when the server refuses it, or there is none", async () => {
    const receiver = new DebugInfoReceiver();
    receiver.failure = new DeliveryError("unavailable: down", { code: "unavailable", retryable: true });
    await using it = await setUp(receiver);
    const upload = await it.post("Upload/a", "file");
    expect([upload.status, await upload.text()]).toEqual([502, "downstream upload: unavailable: down\n"]);
    expect((await it.post("UploadFinished", "", { "content-type": "application/proto" })).status).toBe(503);
    expect([calls(it, "Upload", "failure"), calls(it, "UploadFinished", "failure")]).toEqual([1, 1]);
    await using nobody = await setUp(undefined);
    const lost = await nobody.post("Upload/a", "file");
    expect([lost.status, await lost.text()]).toEqual([503, "no downstream endpoints available\n"]);
  });

  it("is refused with the reason when the server goes away in the middle", async () => {
    const receiver = new DebugInfoReceiver();
    receiver.failsLate = true;
    await using it = await setUp(receiver);
    const upload = await it.post("Upload/a", "x".repeat(5_000_000));
    expect([upload.status, await upload.text()]).toEqual([502, "downstream upload: unavailable: gone\n"]);
  });
});
