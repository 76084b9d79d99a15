export interface PipelineBlocks {
  /** Put into the block of the endpoint. */
  readonly endpoint?: string;
  /** Put into the `http` block of the receiver. */
  readonly http?: string;
  /** Put into the block of the receiver. */
  readonly receiver?: string;
}

/** A receiver at the port in front of one endpoint; `write` is put into the block of `pyroscope.write`. */
export function receiveAndWrite(
  port: number,
  url: string,
  write = "",
  { endpoint = "", http = "", receiver = "" }: PipelineBlocks = {},
): string {
  return `
    pyroscope.receive_http "sdks" {
      http {
        listen_address = "127.0.0.1"
        listen_port    = ${port}
        ${http}
      }
      forward_to = [pyroscope.write.sink.receiver]
      ${receiver}
    }
    pyroscope.write "sink" {
      endpoint {
        url = "${url}"
        ${endpoint}
      }
      ${write}
    }`;
}
