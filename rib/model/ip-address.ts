/**
 * IP addresses as octets (4 or 16, network order) for everything that is not a route key.
 * Text forms: dotted quad, and RFC 5952 for IPv6. Configuration and CLI input goes through ip-num first (control/).
 */
export type IpAddress = Uint8Array

/** Octets [start, end) for keeps; the slice() of a Buffer would be a view. */
export function copyOf(octets: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start)
  for (let i = start; i < end; i++) copy[i - start] = octets[i]!
  return copy
}

export function formatIpv4Word(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

/** Formats 4 octets as IPv4 and 16 as IPv6; any other length as hex, so that a log never lies. */
export function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return `${octets[0]}.${octets[1]}.${octets[2]}.${octets[3]}`
  if (octets.length === 16) return formatIpv6(octets)
  return Buffer.from(octets).toString('hex')
}

/** RFC 5952 §4: lower case, the longest run of two or more zero groups shortened, the first of equal runs. */
function formatIpv6(octets: Uint8Array): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((octets[i]! << 8) | octets[i + 1]!)
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8;) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > bestLength) {
      bestStart = i
      bestLength = end - i
    }
    i = end === i ? i + 1 : end
  }
  const hex = groups.map((group) => group.toString(16))
  // RFC 5952 §5: an IPv4-mapped address shows its IPv4 part.
  if (bestStart === 0 && bestLength === 5 && groups[5] === 0xffff) {
    return `::ffff:${octets.subarray(12).join('.')}`
  }
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}

/** Parses dotted-quad IPv4; undefined unless exactly four decimal octets without leading zeros. */
export function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined
    const value = Number(part)
    if (value > 255) return undefined
    octets[i] = value
  }
  return octets
}

/** Parses IPv6 text (RFC 4291 §2.2, no zone); undefined when malformed. */
export function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  const octets = new Uint8Array(16)
  octets.set(head, 0)
  octets.set(tail, 16 - tail.length)
  return octets
}

function parseGroups(text: string, ipv4Allowed: boolean): number[] | undefined {
  if (text === '') return []
  const octets: number[] = []
  const groups = text.split(':')
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!
    if (group.includes('.')) {
      const ipv4 = ipv4Allowed && i === groups.length - 1 ? parseIpv4(group) : undefined
      if (ipv4 === undefined) return undefined
      octets.push(...ipv4)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined
      const value = parseInt(group, 16)
      octets.push(value >> 8, value & 255)
    }
  }
  return octets
}

/** Parses either family; undefined when it is neither. */
export function parseIpAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** The 32-bit value (signed, as route keys hold it) of 4 octets at an offset. */
export function wordAt(octets: Uint8Array, offset: number): number {
  return (
    (octets[offset]! << 24) | (octets[offset + 1]! << 16) | (octets[offset + 2]! << 8) | octets[offset + 3]!
  )
}

export function writeWord(octets: Uint8Array, offset: number, word: number): void {
  octets[offset] = word >>> 24
  octets[offset + 1] = (word >>> 16) & 255
  octets[offset + 2] = (word >>> 8) & 255
  octets[offset + 3] = word & 255
}

/** IPv4 address of a 32-bit word. */
export function ipv4OfWord(word: number): IpAddress {
  const octets = new Uint8Array(4)
  writeWord(octets, 0, word)
  return octets
}

/** ::ffff:a.b.c.d, the form in which an IPv4 compute node is the next hop of an IPv6 VPN route (RFC 4659 §3.2.1.2). */
export function mapIpv4(address: IpAddress): IpAddress {
  const octets = new Uint8Array(16)
  octets[10] = 0xff
  octets[11] = 0xff
  octets.set(address, 12)
  return octets
}

/** The IPv4 address inside a mapped IPv6 one; the address itself when it is not mapped. */
export function unmapIpv4(address: IpAddress): IpAddress {
  if (address.length !== 16 || address[10] !== 0xff || address[11] !== 0xff) return address
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return address
  return address.slice(12)
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return compareOctets(a, b) === 0
}

/** Orders octet strings as unsigned big-endian numbers of equal length, the shorter first. */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return 0
}

export function isZeroAddress(address: IpAddress): boolean {
  return address.every((octet) => octet === 0)
}
