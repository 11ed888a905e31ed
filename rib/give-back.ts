/** Detaches arrays that are not used any more: their memory goes at once, not at some later collection. */
export function giveBack(...arrays: readonly (Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>)[]): void {
  for (const { buffer } of arrays) buffer.transfer(0)
}
