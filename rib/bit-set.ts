/** Sets of small numbers (members of a group) as bits of 32-bit words. */
export function setBit(bits: Int32Array, index: number): void {
  bits[index >>> 5] = bits[index >>> 5]! | (1 << (index & 31))
}

export function clearBit(bits: Int32Array, index: number): void {
  bits[index >>> 5] = bits[index >>> 5]! & ~(1 << (index & 31))
}

export function isEmptySet(bits: Int32Array): boolean {
  return bits.every((word) => word === 0)
}
