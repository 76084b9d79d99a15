import { Labels } from "@flameline/profile";
import { byLabels } from "../../discovery/label-order.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";
import type { DnsRecord, RecordType } from "./lookup.ts";

/** The targets of a name's records, sorted: servers give them in an order of their own each time. */
export function recordTargets(name: string, type: RecordType, port: number, records: readonly DnsRecord[]): readonly Labels[] {
  return records
    .map(({ host, port: own }) =>
      Labels.of({
        __address__: joinHostPort(host.replace(/\.$/, ""), own ?? port),
        __meta_dns_name: name,
        __meta_dns_srv_record_target: type === "SRV" ? host : "",
        __meta_dns_srv_record_port: type === "SRV" ? String(own) : "",
        __meta_dns_mx_record_target: type === "MX" ? host : "",
        __meta_dns_ns_record_target: type === "NS" ? host : "",
      }),
    )
    .sort(byLabels(["__address__"]));
}
