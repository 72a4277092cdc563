// Keccak-256 as Ethereum uses it: Keccak[c=512] of the Keccak submission, with its own padding and not SHA-3's.

const RATE = 136;
// Of each lane, the low and the high half; lane number x + 5 y.
const ROUND_CONSTANTS = [
  [0x00000001, 0x00000000], [0x00008082, 0x00000000], [0x0000808a, 0x80000000], [0x80008000, 0x80000000],
  [0x0000808b, 0x00000000], [0x80000001, 0x00000000], [0x80008081, 0x80000000], [0x00008009, 0x80000000],
  [0x0000008a, 0x00000000], [0x00000088, 0x00000000], [0x80008009, 0x00000000], [0x8000000a, 0x00000000],
  [0x8000808b, 0x00000000], [0x0000008b, 0x80000000], [0x00008089, 0x80000000], [0x00008003, 0x80000000],
  [0x00008002, 0x80000000], [0x00000080, 0x80000000], [0x0000800a, 0x00000000], [0x8000000a, 0x80000000],
  [0x80008081, 0x80000000], [0x00008080, 0x80000000], [0x80000001, 0x00000000], [0x80008008, 0x80000000],
];
const ROTATIONS = [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

function rotatedLow(low, high, by) {
  if (by >= 32) [low, high, by] = [high, low, by - 32];
  return by === 0 ? low : (low << by) | (high >>> (32 - by));
}

function permute(low, high) {
  const columnLow = new Int32Array(5), columnHigh = new Int32Array(5);
  const movedLow = new Int32Array(25), movedHigh = new Int32Array(25);
  for (const [roundLow, roundHigh] of ROUND_CONSTANTS) {
    for (let x = 0; x < 5; x += 1) {
      columnLow[x] = low[x] ^ low[x + 5] ^ low[x + 10] ^ low[x + 15] ^ low[x + 20];
      columnHigh[x] = high[x] ^ high[x + 5] ^ high[x + 10] ^ high[x + 15] ^ high[x + 20];
    }
    for (let lane = 0; lane < 25; lane += 1) {
      const x = lane % 5, y = (lane - x) / 5, left = (x + 4) % 5, right = (x + 1) % 5;
      const mixedLow = low[lane] ^ columnLow[left] ^ rotatedLow(columnLow[right], columnHigh[right], 1);
      const mixedHigh = high[lane] ^ columnHigh[left] ^ rotatedLow(columnHigh[right], columnLow[right], 1);
      const target = y + 5 * ((2 * x + 3 * y) % 5);
      movedLow[target] = rotatedLow(mixedLow, mixedHigh, ROTATIONS[lane]);
      movedHigh[target] = rotatedLow(mixedHigh, mixedLow, ROTATIONS[lane]);
    }
    for (let lane = 0; lane < 25; lane += 1) {
      const row = lane - (lane % 5), next = row + ((lane + 1) % 5), second = row + ((lane + 2) % 5);
      low[lane] = movedLow[lane] ^ (~movedLow[next] & movedLow[second]);
      high[lane] = movedHigh[lane] ^ (~movedHigh[next] & movedHigh[second]);
    }
    low[0] ^= roundLow;
    high[0] ^= roundHigh;
  }
}

/** The 32-byte hash of these byte strings, one after the other. */
export function keccak256(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const padded = new Uint8Array((Math.floor(length / RATE) + 1) * RATE);
  let at = 0;
  for (const part of parts) {
    padded.set(part, at);
    at += part.length;
  }
  padded[length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer), low = new Int32Array(25), high = new Int32Array(25);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let lane = 0; lane < RATE / 8; lane += 1) {
      low[lane] ^= view.getInt32(block + 8 * lane, true);
      high[lane] ^= view.getInt32(block + 8 * lane + 4, true);
    }
    permute(low, high);
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let lane = 0; lane < 4; lane += 1) {
    out.setInt32(8 * lane, low[lane], true);
    out.setInt32(8 * lane + 4, high[lane], true);
  }
  return new Uint8Array(out.buffer);
}
