/**
 * End-of-RIB (RFC 4724 §2): the shortest UPDATE for inet, an MP_UNREACH_NLRI without routes for every other family.
 */
import { Family, familyAfi, familySafi } from '../../rib/model/family.ts'
import { AttrFlag, AttrType, MessageType } from './iana.ts'
import { finishMessage, messageWriter } from './writer.ts'

export function encodeEndOfRib(family: Family): Uint8Array {
  const writer = messageWriter(32)
  writer.u16(0)
  if (family === Family.inet) {
    writer.u16(0)
  } else {
    writer.u16(6)
    writer.u8(AttrFlag.optional)
    writer.u8(AttrType.mpUnreach)
    writer.u8(3)
    writer.u16(familyAfi(family))
    writer.u8(familySafi(family))
  }
  return finishMessage(writer, MessageType.update)
}
