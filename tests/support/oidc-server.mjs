// oidc-provider with two clients that differ in how they show their secret. $PARTS: where it is installed; $PORT; $SECRET; $TTL: seconds.
import { pathToFileURL } from "node:url";

const { PARTS, PORT, SECRET, TTL } = process.env;
const { Provider } = await import(pathToFileURL(`${PARTS}/node_modules/oidc-provider/lib/index.js`).href);

const client = (id, method) => ({
  client_id: id,
  client_secret: SECRET,
  token_endpoint_auth_method: method,
  grant_types: ["client_credentials"],
  response_types: [],
  scope: "profiles:write",
  redirect_uris: [],
});

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [client("with basic", "client_secret_basic"), client("with-post", "client_secret_post")],
  scopes: ["profiles:write", "profiles:read"],
  features: { clientCredentials: { enabled: true }, introspection: { enabled: true }, devInteractions: { enabled: false } },
  ttl: { ClientCredentials: Number(TTL) },
});
provider.listen(Number(PORT), "127.0.0.1");
