/** Attribute sets without a table, and what tells them apart, for specs. */
import { AttrPacker, HEAD } from '../../rib/model/attr-row.ts'
import { AttrSet } from '../../rib/model/attr-set.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'

/** A set with a number and a row of its own. */
export function attrSetOf(id: number, attributes: Attributes): AttrSet {
  const packer = new AttrPacker()
  packer.pack(attributes)
  return new AttrSet(id, packer.words.slice(0, packer.length), 0)
}

/** What the attributes mean, as hex: equal for equal attributes only. */
export function attributesKey(attributes: Attributes): string {
  const { words } = attrSetOf(0, attributes)
  return Buffer.from(words.buffer, words.byteOffset + HEAD * 4, words.byteLength - HEAD * 4).toString('hex')
}
