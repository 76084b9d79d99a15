/** What the metrics count: profiles as accepted, and their bytes as given (compressed or not). */
export interface DeliverySize {
  readonly profiles: number;
  readonly bytes: number;
}

/** One request's worth of profiles, the same for every endpoint: plain data, so that it can be kept as well as sent. */
export type Delivery = PushDelivery | IngestDelivery;

export interface PushDelivery extends DeliverySize {
  readonly kind: "push";
  /** An encoded `push.v1.PushRequest` of one series, in parts that follow each other. The profiles in it are the bytes that came in. */
  readonly message: readonly Uint8Array[];
}

export interface IngestDelivery extends DeliverySize {
  readonly kind: "ingest";
  /** Path of the request as it came in, appended to that of the endpoint. */
  readonly path: string;
  /** Complete query, with `name` made of the labels. */
  readonly query: string;
  readonly contentTypes: readonly string[];
  readonly data: Uint8Array;
}
