/** Clients of `push.v1` that share no code with the program, for every protocol that it speaks. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Transport } from "@connectrpc/connect";
import { ConnectError } from "@connectrpc/connect";
import { compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { PushMessage } from "./push-service.ts";
import { encodePush, pushMethod } from "./push-service.ts";
import { partsFolder } from "./real-parts.ts";

/** Rejects with the server's `code`, a number as gRPC has them. */
export type Push = (message: PushMessage, timeoutMs?: number) => Promise<void>;

/** PEM texts. */
export interface ClientTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Makes a client of the server at an address such as `http://127.0.0.1:4040`; `tls` belongs to `https`. */
export type PushClient = (url: string, tls?: ClientTls) => Push;

type MakeTransport = (options: { readonly baseUrl: string; readonly nodeOptions: object }) => Transport;

function connectNode(make: MakeTransport): PushClient {
  return (baseUrl, tls) => {
    const transport = make({ baseUrl, nodeOptions: tls ?? {} });
    return async (message, timeoutMs) => {
      try {
        await transport.unary(pushMethod, undefined, timeoutMs, undefined, { ...message });
      } catch (error) {
        const { code, rawMessage } = ConnectError.from(error);
        throw Object.assign(new Error(rawMessage, { cause: error }), { code });
      }
    };
  };
}

const gzip = { sendCompression: compressionGzip, acceptCompression: [compressionGzip], compressMinBytes: 0 };

export const connectOverHttp1: PushClient = connectNode((options) => createConnectTransport({ ...options, httpVersion: "1.1" }));

export const connectOverHttp2: PushClient = connectNode((options) => createConnectTransport({ ...options, httpVersion: "2" }));

/** By name. */
export const connectNodeClients: Readonly<Record<string, PushClient>> = {
  "Connect over HTTP/1.1": connectOverHttp1,
  "Connect over HTTP/1.1, JSON, gzip": connectNode((options) =>
    createConnectTransport({ ...options, ...gzip, httpVersion: "1.1", useBinaryFormat: false }),
  ),
  "Connect over HTTP/2": connectOverHttp2,
  "gRPC, gzip": connectNode((options) => createGrpcTransport({ ...options, ...gzip })),
  "gRPC-web over HTTP/1.1": connectNode((options) => createGrpcWebTransport({ ...options, httpVersion: "1.1" })),
  "gRPC-web over HTTP/2, gzip": connectNode((options) => createGrpcWebTransport({ ...options, ...gzip, httpVersion: "2" })),
};

/** As much of @grpc/grpc-js as is used here; it is a real part, not a dependency. */
interface GrpcJs {
  readonly Client: new (address: string, credentials: unknown, options: object) => GrpcClient;
  readonly Metadata: new () => object;
  readonly credentials: {
    createInsecure(): unknown;
    createSsl(ca: Buffer, key: Buffer | null, cert: Buffer | null): unknown;
  };
}

interface GrpcClient {
  makeUnaryRequest(
    path: string,
    serialize: (message: PushMessage) => Buffer,
    deserialize: (bytes: Buffer) => number,
    message: PushMessage,
    metadata: object,
    options: { readonly deadline?: number },
    done: (error: Error | null) => void,
  ): void;
  close(): void;
}

function grpcJs(options: object): PushClient {
  return (url, tls) => {
    const { Client, Metadata, credentials } = createRequire(join(partsFolder, "package.json"))("@grpc/grpc-js") as GrpcJs;
    const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
    const how = tls === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(tls.ca), pem(tls.key), pem(tls.cert));
    return async (message, timeoutMs) => {
      const client = new Client(new URL(url).host, how, options);
      const deadline = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
      const bytes = Buffer.from(encodePush(message));
      const call = promisify((done: (error: Error | null) => void): void =>
        client.makeUnaryRequest(
          "/push.v1.PusherService/Push",
          () => bytes,
          ({ length }) => length,
          message,
          new Metadata(),
          deadline,
          done,
        ),
      );
      try {
        await call();
      } finally {
        client.close();
      }
    };
  };
}

/** By name; they need the part `@grpc/grpc-js`. */
export const grpcJsClients: Readonly<Record<string, PushClient>> = {
  "grpc-js": grpcJs({}),
  "grpc-js, gzip": grpcJs({ "grpc.default_compression_algorithm": 2 }),
};
