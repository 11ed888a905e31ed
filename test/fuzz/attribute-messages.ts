/**
 * UPDATEs that end with a mutated attribute, its length put right: what reads over the end of a value reads over the end of
 * the message, where the poison is.
 *
 *   | header | MP_REACH_NLRI | the attributes that every route needs | the mutated one |
 */
import { compose } from '../support/malformed/compose.ts'
import { message } from '../support/malformed/words.ts'
import { edit } from './mutate.ts'
import type { Random } from './random.ts'

/** Flags and type, and good values. */
const attributes: readonly (readonly [head: string, ...values: string[]])[] = [
  ['4001', '00', '02'],
  ['4002', '02020000fde70000fde8', '0102000000010000000202010000fde7', '0202fde7fde8', ''],
  ['4003', '0a000001'],
  ['8004', '00000032'],
  ['4005', '00000064'],
  ['4006', ''],
  ['c007', '0000fde70a000001', 'fde70a000001'],
  ['c008', 'fc000001', 'fc000001fc000002fc000003'],
  ['8009', '0a000001'],
  ['800a', '0a000001', '0a0000010a000002'],
  ['800e', '00018018000000000000000020010db800000000000000000000000100'],
  ['800f', '000180', '00018070000641000000fc000000010a0001', '000101180a0001'],
  ['c010', '0002fc0000000065', '0002fc0000000065030c000000000002'],
  ['c011', '0201000186a0', '020200000001000186a0'],
  ['c012', '000186a00a000001'],
  ['c020', '0000fc000000000100000002', '0000fc0000000001000000020000fc000000000100000003'],
  ['c063', '0102'],
  // The routes themselves, of every family.
  ['800e', '000101040a00000100180a000110ac10'],
  ['800e', '0002011020010db8000000000000000000000001003020010db8000100'],
  ['800e', '0001800c00000000000000000a00000100700006410000fc00000000010a0001'],
  ['800e', '00028018000000000000000020010db800000000000000000000000100880006410000fc000000000120010db80001'],
  ['800e', '000184040a00000100600000fc000002fc000000000100200000fc00'],
]

const setting = { peer: 'ibgp', as4: true, number: 1 } as const
const mpReach = compose('mpreach(v6; nh_v6; P6)', setting)
/** Good with AS numbers of either length between internal peers; good with four octets; with two. */
const paths = ['400200', '40020602010000fde7', '4002040201fde7']

/** Writes one to the start of `out`; returns its length. */
export function attributeMessage(random: Random, out: Uint8Array): number {
  const [head, ...values] = random.pick(attributes)
  const value = Buffer.alloc(80)
  const before = Buffer.from(random.pick(values), 'hex')
  value.set(before)
  const edited = random.below(4) === 0 ? before.length : edit(value, before.length, 0, random)
  const length = random.below(4) === 0 ? random.below(edited + 1) : edited
  const flags = Number.parseInt(head.slice(0, 2), 16)
  const type = head.slice(2)
  const isLong = random.below(4) === 0
  const own = Buffer.concat([
    Buffer.of(isLong ? flags | 0x10 : flags, Number.parseInt(type, 16), ...(isLong ? [0, length] : [length])),
    value.subarray(0, length),
  ]).toString('hex')
  const mandatory = ['40010100', random.pick(paths), '40050400000064']
  const rest = mandatory.filter((one) => one.slice(2, 4) !== type)
  // AS4_AGGREGATOR is looked at only beside AS_TRANS in AGGREGATOR.
  if (type === '12') rest.push('c007065ba00a000001')
  const list = [...(type === '0e' ? [] : [mpReach]), ...rest, own].join('')
  const size = (list.length / 2).toString(16).padStart(4, '0')
  const octets = Buffer.from(message(2, `0000${size}${list}`), 'hex')
  out.set(octets)
  return octets.length
}
