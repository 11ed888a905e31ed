/**
 * The words of compose.ts. A word gets its arguments as hex and gives hex.
 */
import type { Setting } from './compose.ts'

type Word = (args: readonly string[], setting: Setting) => string

/** A number in so many octets. */
export function number(value: number, octets: number): string {
  return value.toString(16).padStart(octets * 2, '0')
}

function size(hex: string): number {
  return hex.length / 2
}

/** A message with its header. */
export function message(type: number, body: string, length = size(body) + 19): string {
  return 'ff'.repeat(16) + number(length, 2) + number(type, 1) + body
}

function attribute(head: string, value: string): string {
  const isLong = (Number.parseInt(head.slice(0, 2), 16) & 0x10) !== 0
  return head + number(size(value), isLong ? 2 : 1) + value
}

function updateBody(withdrawn: string, attributes: string, nlri: string): string {
  return number(size(withdrawn), 2) + withdrawn + number(size(attributes), 2) + attributes + nlri
}

/** AFI and SAFI. */
const families: Readonly<Record<string, string>> = {
  v4: '000101',
  v6: '000201',
  vpn4: '000180',
  vpn6: '000280',
  rt: '000184',
}

/** A next hop field that suits the family. */
const nextHops: Readonly<Record<string, string>> = {
  v4: '0a000001',
  v6: '20010db8000000000000000000000001',
  vpn4: '00000000000000000a000001',
  vpn6: '000000000000000020010db8000000000000000000000001',
  rt: '0a000001',
}

const RD = (setting: Setting): string => `0000fc00${number(setting.number, 4)}`
const id = (setting: Setting): string => number(setting.number, 2)

/** The routes of a case: P and Q are what it is about, B and A come before and after it. */
const routes: Readonly<Record<string, Word>> = {
  B: (_, setting) => `180c${id(setting)}`,
  A: (_, setting) => `180d${id(setting)}`,
  B6: (_, setting) => `3020010dbb${id(setting)}`,
  A6: (_, setting) => `3020010dbc${id(setting)}`,
  BV4: (_, setting) => `70000661${RD(setting)}0c${id(setting)}`,
  AV4: (_, setting) => `70000671${RD(setting)}0d${id(setting)}`,
  BV6: (_, setting) => `88000661${RD(setting)}20010dbb${id(setting)}`,
  AV6: (_, setting) => `88000671${RD(setting)}20010dbc${id(setting)}`,
  ART: (_, setting) => `600000fc020002fc00${number(setting.number, 4)}`,
  P: (_, setting) => `180a${id(setting)}`,
  Q: (_, setting) => `180b${id(setting)}`,
  P6: (_, setting) => `3020010db8${id(setting)}`,
  Q6: (_, setting) => `3020010db9${id(setting)}`,
  PV4: (_, setting) => `70000641${RD(setting)}0a${id(setting)}`,
  QV4: (_, setting) => `70000651${RD(setting)}0b${id(setting)}`,
  PV6: (_, setting) => `88000641${RD(setting)}20010db8${id(setting)}`,
  QV6: (_, setting) => `88000651${RD(setting)}20010db9${id(setting)}`,
  PRT: (_, setting) => `600000fc000002fc00${number(setting.number, 4)}`,
  RD: (_, setting) => RD(setting),
  ID: (_, setting) => id(setting),
  QRT: (_, setting) => `600000fc010002fc00${number(setting.number, 4)}`,
}

const asn = (setting: Setting): number => (setting.peer === 'ibgp' ? 64512 : 64999)

const attributes: Readonly<Record<string, Word>> = {
  attr: ([head, value]) => attribute(head!, value ?? ''),
  origin: () => '40010100',
  path: (_, setting) => {
    if (setting.peer === 'ibgp') return '400200'
    return attribute('4002', `0201${number(asn(setting), setting.as4 ? 4 : 2)}`)
  },
  nexthop: () => '4003040a000001',
  med: () => '80040400000032',
  localpref: () => '40050400000064',
  /** A route target, so that VPN routes look like any. */
  target: () => 'c010080002fc0000000065',
  /** What every route to this peer needs, without a next hop. */
  goodmp: (_, setting) =>
    words['origin']!([], setting) +
    words['path']!([], setting) +
    (setting.peer === 'ibgp' ? words['localpref']!([], setting) : ''),
  good: (_, setting) => words['goodmp']!([], setting) + words['nexthop']!([], setting),
  /** The value of MP_REACH_NLRI: family; next hop; NLRI. */
  reach: ([family, nextHop, nlri]) => `${family}${number(size(nextHop!), 1)}${nextHop}00${nlri ?? ''}`,
  mpreach: ([family, nextHop, nlri], setting) =>
    attribute('900e', words['reach']!([family!, nextHop!, nlri ?? ''], setting)),
  mpunreach: ([family, nlri]) => attribute('800f', `${family}${nlri ?? ''}`),
}

const messages: Readonly<Record<string, Word>> = {
  msg: ([type, body]) => message(Number.parseInt(type!, 16), body ?? ''),
  /** With a length of its own. */
  lies: ([length, type, body]) =>
    message(Number.parseInt(type!, 16), body ?? '', Number.parseInt(length!, 16)),
  update: ([withdrawn, attrs, nlri]) => message(2, updateBody(withdrawn ?? '', attrs ?? '', nlri ?? '')),
  keepalive: () => message(4, ''),
  notification: ([body]) => message(3, body ?? ''),
  refresh: ([body]) => message(5, body ?? ''),
  /** version; AS; hold time; identifier; optional parameters. What is empty is as it should be. */
  open: ([version, as, holdTime, identifier, parameters], setting) => {
    const values = parameters ?? ''
    const head =
      (version || '04') +
      (as || number(asn(setting), 2)) +
      (holdTime || '005a') +
      (identifier || myId(setting))
    return message(1, `${head}${number(size(values), 1)}${values}`)
  },
  /** The same, with the optional parameters' length as part of them. */
  openraw: ([version, as, holdTime, identifier, parameters], setting) =>
    message(
      1,
      (version || '04') +
        (as || number(asn(setting), 2)) +
        (holdTime || '005a') +
        (identifier || myId(setting)) +
        (parameters ?? ''),
    ),
  longparam: ([type, value]) => `${type}${number(size(value ?? ''), 2)}${value ?? ''}`,
  caps: ([value]) => `02${number(size(value ?? ''), 1)}${value ?? ''}`,
  cap: ([code, value]) => `${code}${number(size(value ?? ''), 1)}${value ?? ''}`,
  /** The multiprotocol capability of a family (AFI, SAFI). */
  mp: ([family]) => `0104${family!.slice(0, 4)}00${family!.slice(4)}`,
  as4: (_, setting) => `4104${number(asn(setting), 4)}`,
}

/** An identifier that is nobody else's. */
function myId(setting: Setting): string {
  return `0a64${id(setting)}`
}

/** So often the octets; the count in hex. */
const rep: Word = ([count, octets]) => octets!.repeat(Number.parseInt(count!, 16))

/** All but the last octets; how many of them, in hex. */
const cut: Word = ([count, octets]) => octets!.slice(0, octets!.length - 2 * Number.parseInt(count!, 16))

export const words: Readonly<Record<string, Word>> = {
  ...routes,
  ...attributes,
  ...messages,
  ...Object.fromEntries(Object.entries(families).map(([name, hex]): [string, Word] => [name, () => hex])),
  ...Object.fromEntries(
    Object.entries(nextHops).map(([name, hex]): [string, Word] => [`nh_${name}`, () => hex]),
  ),
  rep,
  cut,
}
