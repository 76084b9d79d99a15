import { describe, expect, it } from "vitest";
import { OwnAddresses } from "./own-addresses.ts";

describe("OwnAddresses", () => {
  it.each([
    ["127.0.0.1", "http://127.0.0.1:4040"],
    ["127.0.0.1", "http://localhost:4040/prefix"],
    ["0.0.0.0", "http://127.0.0.1:4040"],
    ["", "http://[::1]:4040"],
    ["10.0.0.1", "http://10.0.0.1:4040"],
  ])("refuses a circle between a receiver at %s and %s, whichever comes first", (host, url) => {
    const receiverFirst = new OwnAddresses();
    receiverFirst.claimReceiver("pyroscope.receive_http.a", host, 4040);
    expect(() => receiverFirst.claimEndpoint("pyroscope.write.b", url)).toThrow("own receiver pyroscope.receive_http.a");
    const endpointFirst = new OwnAddresses();
    endpointFirst.claimEndpoint("pyroscope.write.b", url);
    expect(() => endpointFirst.claimReceiver("pyroscope.receive_http.a", host, 4040)).toThrow("the endpoint of pyroscope.write.b");
  });

  it.each([
    ["127.0.0.1", "http://127.0.0.1:4041"],
    ["10.0.0.1", "http://127.0.0.1:4040"],
    ["0.0.0.0", "http://pyroscope:4040"],
    ["0.0.0.0", "not a url"],
  ])("lets a receiver at %s and %s be", (host, url) => {
    const addresses = new OwnAddresses();
    addresses.claimReceiver("receiver", host, 4040);
    expect(() => addresses.claimEndpoint("endpoint", url)).not.toThrow();
  });

  it("tells where profiles go, without credentials", () => {
    const addresses = new OwnAddresses();
    const release = addresses.claimEndpoint("pyroscope.write.a", "https://user:secret@pyroscope:4040/prefix?x=1");
    addresses.claimEndpoint("pyroscope.write.b", "http://localhost:4041/");
    release();
    addresses.claimEndpoint("pyroscope.write.a", "https://user:secret@pyroscope:4040/prefix?x=1");
    expect(addresses.endpoints.map(({ owner, url }) => `${owner} ${url}`)).toEqual([
      "pyroscope.write.b http://localhost:4041",
      "pyroscope.write.a https://pyroscope:4040/prefix",
    ]);
  });

  it("forgets what was released, and knows the default ports", () => {
    const addresses = new OwnAddresses();
    const release = addresses.claimReceiver("receiver", "127.0.0.1", 80);
    expect(() => addresses.claimEndpoint("endpoint", "http://localhost")).toThrow("port 80");
    release();
    expect(() => addresses.claimEndpoint("endpoint", "http://localhost")).not.toThrow();
  });
});
