/**
 * The only file that knows where undici keeps its parts. They are not its public interface, hence its exactly pinned version; taking the whole of it would
 * cost 60 ms and 12 MB at start. Import this file lazily: it loads HTTP/2 and TLS.
 */
import Agent from "undici/lib/dispatcher/agent.js";

export { Agent };
