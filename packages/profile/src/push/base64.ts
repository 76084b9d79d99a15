/** Value of each character below 128, for the standard and the URL alphabet (RFC 4648); 255 for the others. */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Uint8Array(128).fill(255);
for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value;
values["-".charCodeAt(0)] = 62;
values["_".charCodeAt(0)] = 63;

/** Base64 of either alphabet, with or without padding, line breaks ignored; undefined when the text is something else. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const characters = text.replace(/[\r\n]+/g, "").replace(/={1,2}$/, "");
  if (characters.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((characters.length * 3) / 4));
  let bits = 0;
  let length = 0;
  for (let at = 0; at < characters.length; at += 1) {
    const value = values[characters.charCodeAt(at)] ?? 255;
    if (value === 255) return undefined;
    bits = (bits << 6) | value;
    // Every character but the first of four completes a byte.
    const rest = (at & 3) * 2;
    if (rest !== 0) bytes[length++] = bits >> (6 - rest);
  }
  return bytes;
}
