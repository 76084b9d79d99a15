/** MD5 of RFC 1321 as 16 bytes. For `hashmod`, which is defined by it; browsers offer none. */
export function md5(message: Uint8Array): DataView<ArrayBuffer> {
  const words = padded(message);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let block = 0; block < words.length; block += 16) addBlock(state, words, block);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setInt32(index * 4, word, true);
  return digest;
}

/** The message, a one bit, zeros, and its length in bits, as little-endian words. */
function padded(message: Uint8Array): Int32Array {
  const words = new Int32Array(((message.length + 8) >> 6) * 16 + 16);
  for (const [index, byte] of message.entries()) words[index >> 2] = (words[index >> 2] ?? 0) | (byte << ((index & 3) * 8));
  words[message.length >> 2] = (words[message.length >> 2] ?? 0) | (0x80 << ((message.length & 3) * 8));
  words[words.length - 2] = message.length * 8;
  words[words.length - 1] = Math.floor(message.length / 0x2000_0000);
  return words;
}

const sines = Int32Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 0x1_0000_0000));
const rotations: readonly (readonly number[])[] = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

function addBlock(state: Int32Array, words: Int32Array, block: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const round = step >> 4;
    const sum = a + mixed(round, b, c, d) + (sines[step] ?? 0) + (words[block + wordOf(round, step)] ?? 0);
    const turn = rotations[round]?.[step & 3] ?? 0;
    [a, d, c] = [d, c, b];
    b = (b + ((sum << turn) | ((sum | 0) >>> (32 - turn)))) | 0;
  }
  state.set([(state[0] ?? 0) + a, (state[1] ?? 0) + b, (state[2] ?? 0) + c, (state[3] ?? 0) + d]);
}

function mixed(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d);
  if (round === 1) return (d & b) | (~d & c);
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d);
}

function wordOf(round: number, step: number): number {
  if (round === 0) return step;
  if (round === 1) return (5 * step + 1) & 15;
  return round === 2 ? (3 * step + 5) & 15 : (7 * step) & 15;
}
