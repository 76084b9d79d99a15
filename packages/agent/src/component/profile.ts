import type { Labels } from "@flameline/profile";

/** One profile on its way. Immutable: a component that changes something makes a new one. */
export interface Profile {
  /** Given by the sender or made when the profile was accepted; kept across retries and restarts. */
  readonly id: string;
  readonly labels: Labels;
  readonly body: PprofBody | IngestBody;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A pprof as it goes over `push.v1`: gzip or plain, never looked into on the way. */
export interface PprofBody {
  readonly kind: "pprof";
  readonly data: Uint8Array;
}

/** A request to `/ingest`, passed on as it came. */
export interface IngestBody {
  readonly kind: "ingest";
  readonly data: Uint8Array;
  /** Path of the request, usually `/ingest`. */
  readonly path: string;
  /** Query without `?`, as received; `name` is rebuilt from the labels when the profile is sent. */
  readonly query: string;
  /** The values of all Content-Type headers, in order. */
  readonly contentTypes: readonly string[];
}
