import type { JourneySubject } from "../../component/journey.ts";

/** What the metrics count: profiles as accepted, and their bytes as given (compressed or not). */
export interface DeliverySize {
  readonly profiles: number;
  readonly bytes: number;
}

interface DeliveryFacts extends DeliverySize {
  readonly subject: JourneySubject;
  /** The tenant of the server to which they belong, empty for the one that the endpoint's settings name. */
  readonly tenant: string;
  /** When they were accepted, in milliseconds since 1970. */
  readonly receivedAt: number;
}

/** One request's worth of profiles, the same for every endpoint: plain data, so that it can be kept as well as sent. */
export type Delivery = PushDelivery | IngestDelivery;

export interface PushDelivery extends DeliveryFacts {
  readonly kind: "push";
  /** The parts of an encoded `push.v1.PushRequest` of one series. */
  readonly message: readonly Uint8Array[];
}

export interface IngestDelivery extends DeliveryFacts {
  readonly kind: "ingest";
  /** Path of the request as it came in, appended to that of the endpoint. */
  readonly path: string;
  /** Complete query, with `name` made of the labels. */
  readonly query: string;
  readonly contentTypes: readonly string[];
  readonly data: Uint8Array;
}
