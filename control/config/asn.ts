/**
 * AS numbers (RFC 6793), read with ip-num behind a check of our own: ip-num takes 4294967296, -1 and `AS1.10` (as 1).
 */
import { Asn } from 'ip-num'
import { AS_TRANS } from '../../rib/model/as-path.ts'
import { refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'

const LARGEST = 0xffffffff

/** A plain number, or a text of it (`AS` before it or not), or asdot text (RFC 5396). */
export function parseAsn(given: number | string): Parsed<number> {
  const text = String(given)
  // YAML reads 1.10 as the number 1.1, so asdot is only safe as a text.
  if (typeof given === 'number' && !Number.isInteger(given)) {
    return refuse(`${text} is not an AS number`, 'write it as a plain number, or asdot in quotes ("1.10")')
  }
  if (!/^(AS)?\d{1,10}$/.test(text) && !/^\d{1,5}\.\d{1,5}$/.test(text)) {
    return refuse(`${text.slice(0, 40)} is not an AS number`, 'write a number from 1 to 4294967294')
  }
  const dot = text.split('.')
  if (dot.length === 2 && dot.some((half) => Number(half) > 0xffff)) {
    return refuse(`${text} is not an AS number`, 'each half of asdot is at most 65535')
  }
  const plain = Number(text.replace(/^AS/, ''))
  if (dot.length === 1 && plain > LARGEST) {
    return refuse(`${text} is beyond the largest AS number`, 'write a number from 1 to 4294967294')
  }
  return checkReserved(Number(Asn.fromString(text).value))
}

function checkReserved(asn: number): Parsed<number> {
  if (asn === 0) return refuse('AS 0 is nobody (RFC 7607)')
  if (asn === AS_TRANS) return refuse('AS 23456 stands for numbers that need four octets (RFC 6793)')
  if (asn === 0xffff || asn === LARGEST) return refuse(`AS ${asn} is reserved (RFC 7300)`)
  return { value: asn }
}
