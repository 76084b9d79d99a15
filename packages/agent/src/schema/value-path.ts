import { ValueError } from "./value.ts";

/** Runs `decode` on a member of a value; an error in there leads through that member. */
export function atPath<T>(step: string | number, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ValueError) throw error.under(step);
    throw error;
  }
}
