import { bytesFromText, textFromBytes } from "@flameline/syntax";
import { httpClientFields, validateHttpClient } from "../http/client/arguments.ts";
import type { HttpResponse } from "../http/client/http-message.ts";
import { shownUrlText } from "../http/client/request-url.ts";
import type { ImportContext, ImportKind, ImportReader, ImportedContent } from "../runtime/index.ts";
import type { Infer } from "../schema/index.ts";
import { anyBlock, attr, block, defineBlock, duration, map, string } from "../schema/index.ts";
import { importByteLimit } from "./read-modules.ts";
import { repeat } from "./repeat.ts";

const fields = {
  url: attr(string, { required: true, doc: "Where the text is fetched." }),
  poll_frequency: attr(duration, { default: 60_000, doc: "How often it is fetched again." }),
  poll_timeout: attr(duration, { default: 10_000, doc: "How long an answer may take." }),
  method: attr(string, { default: "GET", doc: "HTTP method." }),
  headers: attr(map(string), { doc: "Headers of the request." }),
  body: attr(string, { doc: "Body of the request." }),
  client: block(defineBlock({ fields: httpClientFields, validate: validateHttpClient }), { doc: "How the request is made." }),
};

type HttpImportArguments = Infer<typeof fields>;

/** Declares from a web server. */
export const importHttp: ImportKind = {
  name: "import.http",
  definition: anyBlock(defineBlock({ fields, validate })),
  open: (args, context) => new HttpReader(args as HttpImportArguments, context),
};

function validate({ poll_frequency: frequency, poll_timeout: timeout }: HttpImportArguments): string | undefined {
  if (frequency <= 0) return "poll_frequency must be greater than 0";
  if (timeout <= 0) return "poll_timeout must be greater than 0";
  return timeout >= frequency ? "poll_timeout must be less than poll_frequency" : undefined;
}

class HttpReader implements ImportReader {
  readonly origin: string;
  /** A server has no business in the files of this machine. */
  readonly refuses: ReadonlySet<string> = new Set(["import.file"]);
  readonly #args: HttpImportArguments;
  readonly #context: ImportContext;

  constructor(args: HttpImportArguments, context: ImportContext) {
    this.#args = args;
    this.#context = context;
    this.origin = shownUrlText(args.url);
  }

  async read(signal?: AbortSignal): Promise<ImportedContent> {
    const { url } = this.#args;
    try {
      const { status, body } = await this.#fetch(signal);
      if (status !== 200) throw new Error(`unexpected status code ${status}`);
      return { texts: new Map([[this.origin, textFromBytes(body)]]), modulePath: url.slice(0, url.lastIndexOf("/") + 1) };
    } catch (error) {
      throw new Error(`creating http component: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  watch(changed: () => Promise<void>, signal: AbortSignal): Promise<void> {
    return repeat(this.#args.poll_frequency, changed, signal);
  }

  async #fetch(signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { url, method, headers, body, client: settings, poll_timeout: timeoutMs } = this.#args;
    const { id, services } = this.#context;
    const { createHttpClient } = await import("../http/client/http-client.ts");
    const client = createHttpClient(settings, { name: id, userAgent: services.identity.userAgent });
    try {
      return await client.send({
        method,
        url,
        headers: [...headers],
        ...(body !== "" && { body: bytesFromText(body) }),
        signal,
        timeoutMs,
        maxResponseBytes: importByteLimit,
      });
    } finally {
      await client.close();
    }
  }
}
