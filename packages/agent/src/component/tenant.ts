/**
 * The label that says to which tenant of the server a profile belongs. Only a pipeline sets it, by a rule or from a header that a receiver trusts; it never
 * leaves the program as a label.
 */
export const tenantLabel = "__tenant_id__";

/** The header by which servers tell tenants apart. */
export const tenantHeader = "X-Scope-OrgID";

/** Longest tenant that Pyroscope takes, in bytes. */
const maxTenantLength = 150;

/** Why this cannot be a tenant, undefined when it can. Pyroscope takes letters, digits and `!-_.*'()`, but not `.` and `..`; `|` joins several. */
export function tenantProblem(tenant: string): string | undefined {
  if (tenant.length > maxTenantLength) return `tenant is longer than ${maxTenantLength} characters`;
  if (tenant === "." || tenant === ".." || !/^[A-Za-z0-9!_.*'()|-]*$/.test(tenant))
    return `tenant ${JSON.stringify(tenant)} has characters that servers do not take`;
  return undefined;
}
