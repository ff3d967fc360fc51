/**
 * The Huffman code of header texts. It is canonical (codes ascend by length, then by byte), so the lengths tell all of it.
 *
 * Source: RFC 7541, appendix B.
 */

/** Bits of each byte's code, one digit of base 36 for each. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq';

/** A walk through the code: pairs of places to go on at, by bit; a byte's place is its complement. */
function buildTree(): Int16Array {
  const lengths = Array.from(LENGTHS, (digit) => parseInt(digit, 36));
  const tree = new Int16Array(1_024);
  let size = 2;
  let code = 0;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    code *= 2;
    for (let byte = 0; byte < lengths.length; byte++) {
      if (lengths[byte] !== length) continue;
      let at = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const side = at + ((code >> bit) & 1);
        if (tree[side] === 0) {
          tree[side] = size;
          size += 2;
        }
        at = tree[side]!;
      }
      tree[at + (code & 1)] = ~byte;
      code++;
    }
  }
  return tree;
}

const MAX_CODE_BITS = 30;
const TREE = buildTree();

/** The text of an encoded string; what is left of its last byte is padding. @throws RangeError when it is none */
export function huffmanText(bytes: Buffer, start: number, end: number): string {
  let text = '';
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    for (let bit = 7; bit >= 0; bit--) {
      at = TREE[at + ((byte >> bit) & 1)]!;
      if (at === 0) throw new RangeError('a header is not Huffman text');
      if (at > 0) continue;
      text += String.fromCharCode(~at);
      at = 0;
    }
  }
  return text;
}
