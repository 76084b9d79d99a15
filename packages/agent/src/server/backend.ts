/** What the HTTP server shows and does; the program behind it. */
export interface AdminBackend {
  /** Names of the components of the top level that are unhealthy, e.g. `pyroscope.scrape`. */
  unhealthyNames(): readonly string[];
  /** Reads the configuration again; gives the reason when that failed. */
  reload(): Promise<string | undefined>;
  /** Metrics in the text format. */
  metrics(): string;
  /** The components of a module as the API lists them, undefined when there is no such module; the top level has the id "". */
  components(moduleId: string): readonly unknown[] | undefined;
  /** One component as the API shows it in full, by its global id. */
  component(id: string): unknown;
  /** The global id that the longest part of a path names: `a/b` of `a/b/metrics`. */
  componentIdOf(path: string): string | undefined;
  /** The same of the remote configuration. */
  remoteComponents(moduleId: string): readonly unknown[] | undefined;
  remoteComponent(id: string): unknown;
  peers(): readonly Peer[];
  liveDebugging(): boolean;
  /** What became of the profiles of a service, or of all: trails hop by hop, and the latest losses and failures. */
  journey(service: string | undefined): unknown;
  /** Whether the targets of the component can be watched. */
  canBeWatched(id: string): boolean;
  /** Tells the targets of a component, now and whenever they change, until the returned function is called. */
  watchTargets(id: string, listener: (text: string) => void): () => void;
  /** Somebody watches faster than it can be sent. */
  liveDataDropped(id: string): void;
  /** Counts what flows between the components of a module from now on. */
  meterFlows(moduleId: string): FlowMeter;
}

/** What has flowed from one component to others. */
export interface LiveRate {
  readonly componentID: string;
  readonly targetComponentIDs: readonly string[];
  readonly type: "target";
  readonly rate: number;
}

export interface FlowMeter {
  /** What has flowed since the last reading. */
  read(): readonly LiveRate[];
  stop(): void;
}

/** A member of the cluster as the API shows it. */
export interface Peer {
  readonly name: string;
  readonly addr: string;
  readonly isSelf: boolean;
  readonly state: "participant" | "terminating";
}
