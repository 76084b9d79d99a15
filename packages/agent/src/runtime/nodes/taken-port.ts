/** The port that could not be listened on because it is taken, if that is what an error came from. */
export function takenPort(error: unknown): number | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    if ("code" in at && at.code === "EADDRINUSE" && "port" in at && typeof at.port === "number") return at.port;
  }
  return undefined;
}
