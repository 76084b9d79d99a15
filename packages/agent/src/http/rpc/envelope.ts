import { RpcError } from "./rpc-error.ts";

/** Bytes before a message: flags and a length of 32 bits. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const prefixBytes = 5;

const compressedFlag = 0b0000_0001;

/** In gRPC-web the frame with this flag holds the trailers. */
export const trailersFlag = 0b1000_0000;

export function frame(flags: number, message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = flags;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
}

export function messageFrame(message: Uint8Array, compressed: boolean): Buffer {
  return frame(compressed ? compressedFlag : 0, message);
}

/** The only message of a unary request. Anything but exactly one whole frame is refused with a {@link RpcError}. */
export function unframe(body: Buffer): { readonly message: Buffer; readonly compressed: boolean } {
  if (body.length === 0) throw new RpcError("unimplemented", "unary request has zero messages");
  if (body.length < prefixBytes) throw new RpcError("invalid_argument", "protocol error: incomplete envelope: unexpected EOF");
  const flags = body.readUInt8(0);
  const promised = body.readUInt32BE(1);
  const got = body.length - prefixBytes;
  if (got < promised) {
    throw new RpcError("invalid_argument", `protocol error: promised ${promised} bytes in enveloped message, got ${got} bytes`);
  }
  if ((flags & ~compressedFlag) !== 0) throw new RpcError("internal", `protocol error: invalid envelope flags ${flags}`);
  if (got > promised) throw new RpcError("unimplemented", "unary request has multiple messages");
  return { message: body.subarray(prefixBytes), compressed: flags === compressedFlag };
}
