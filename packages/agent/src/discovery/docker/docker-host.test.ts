import { describe, expect, it } from "vitest";
import { parseDockerHost } from "./docker-host.ts";

describe("parseDockerHost", () => {
  it.each([
    ["unix:///var/run/docker.sock", { url: "http://docker", socketPath: "/var/run/docker.sock", configurable: false }],
    ["tcp://10.0.0.1:2375", { url: "http://10.0.0.1:2375", configurable: false }],
    ["http://proxy:8080/docker/", { url: "http://proxy:8080/docker", configurable: true }],
    ["https://user:pass@[::1]:2376", { url: "https://user:pass@[::1]:2376", configurable: true }],
  ])("%j", (text, host) => expect(parseDockerHost(text)).toEqual(host));

  it.each(["docker.sock", "npipe:////./pipe/docker_engine", "ssh://host"])("refuses %j", (text) => {
    expect(() => parseDockerHost(text)).toThrow(`unable to parse docker host "${text}"`);
  });
});
