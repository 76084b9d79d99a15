import { DeliveryError } from "./receiver.ts";

/** What went wrong; empty when nothing did. */
export type DeliveryErrors = readonly DeliveryError[];

export const noErrors: DeliveryErrors = [];

/**
 * Hands something to all of `items` at once and waits for every one of them: one that fails or hangs never keeps another from getting its turn.
 * `deliver` resolves to what went wrong and never rejects; all of it is returned, in the order of the items.
 */
export function deliverToAll<T>(
  items: readonly T[],
  deliver: (item: T, index: number) => Promise<DeliveryErrors>,
): Promise<DeliveryErrors> {
  const only = items[0];
  if (only !== undefined && items.length === 1) return deliver(only, 0);
  return Promise.all(items.map(deliver)).then((errors) => errors.flat());
}

/**
 * The failures of some of `total` receivers as one. It may be retried as long as one of them may; its code is that of the first retryable one (of the
 * first when all are final), its status the first that any of them has.
 */
export function combineDeliveryErrors(message: string, errors: readonly DeliveryError[], total: number): DeliveryError {
  const leading = errors.find(({ retryable }) => retryable) ?? errors[0];
  return new DeliveryError(message, {
    code: leading?.code ?? "unknown",
    retryable: leading?.retryable ?? true,
    status: leading?.status ?? errors.find(({ status }) => status !== undefined)?.status,
    partial: errors.length < total || errors.some(({ partial }) => partial),
    cause: errors.length === 1 ? errors[0] : errors,
  });
}

/** {@link combineDeliveryErrors} with a line for each failure. The failure of the only receiver stays as it is. */
export function joinDeliveryErrors(errors: readonly DeliveryError[], total: number): DeliveryError {
  const [only] = errors;
  if (total === 1 && only !== undefined) return only;
  return combineDeliveryErrors(errors.map(({ message }) => message).join("\n"), errors, total);
}

/** The same failure with more about where it happened in front. */
export function prefixDeliveryError(prefix: string, error: unknown): DeliveryError {
  const { message, code, retryable, status, partial } = DeliveryError.from(error);
  return new DeliveryError(`${prefix}${message}`, { code, retryable, status, partial, cause: error });
}

/** The text form in which the reference lists several errors, used even for a single one: a heading, then a starred line for each. */
export function multierrorText(errors: readonly Error[]): string {
  const heading = errors.length === 1 ? "1 error occurred:" : `${errors.length} errors occurred:`;
  return `${heading}\n${errors.map(({ message }) => `\t* ${message}\n`).join("")}\n`;
}
