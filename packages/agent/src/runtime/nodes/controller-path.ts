/** The id of something inside a controller, unique in the program: ids of the controllers around it joined by `/`. */
export function globalId(controllerId: string, id: string): string {
  return controllerId === "" ? id : `${controllerId}/${id}`;
}

/** `a/b/c` as the labels and log fields `<of>_path` `/a/b` and `<of>_id` `c`. */
export function pathLabels(of: "component" | "config" | "controller", id: string): Readonly<Record<string, string>> {
  const slash = id.lastIndexOf("/");
  return { [`${of}_path`]: `/${id.slice(0, Math.max(slash, 0))}`, [`${of}_id`]: id.slice(slash + 1) };
}
