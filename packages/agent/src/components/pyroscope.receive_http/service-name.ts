import type { Labels } from "@flameline/profile";

/**
 * Every profile gets a service name: without one, its `__name__` (the application of an `/ingest` request) becomes it. With one, `app_name` keeps the
 * `__name__`, over whatever the sender put there.
 */
export function withServiceName(labels: Labels): Labels {
  const name = labels.get("__name__");
  return labels
    .edit()
    .set(labels.has("service_name") ? "app_name" : "service_name", name)
    .labels();
}
