/** Joins the parts that are not empty and resolves `.` and `..`, without a slash at the end. Nothing to join gives an empty path. */
export function joinPath(parts: readonly string[]): string {
  const joined = parts.filter((part) => part !== "").join("/");
  if (joined === "") return "";
  const rooted = joined.startsWith("/");
  const kept: string[] = [];
  for (const step of joined.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") kept.push(step);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push("..");
  }
  const path = `${rooted ? "/" : ""}${kept.join("/")}`;
  return path === "" ? "." : path;
}
