/**
 * UPDATEs as an observer reads them, without any code of heddle's: route keys as text, attributes as hex.
 *
 *   inet, inet6, route-target    family:NLRI                   inet:180a0001
 *   VPN families                 family:RD/length prefix       inet-vpn:0000fc0000000001/180a0001, the label left out
 */
export interface ReadUpdate {
  readonly reach: string[]
  readonly unreach: string[]
  readonly attributes: ReadonlyMap<number, string>
}

const families: Readonly<Record<string, string>> = {
  '00010001': 'inet',
  '00020001': 'inet6',
  '00010080': 'inet-vpn',
  '00020080': 'inet6-vpn',
  '00010084': 'route-target',
}

/** Reads a message's body. */
export function readUpdate(body: Buffer): ReadUpdate {
  const withdrawnEnd = 2 + body.readUInt16BE(0)
  const attributesEnd = withdrawnEnd + 2 + body.readUInt16BE(withdrawnEnd)
  const attributes = readAttributes(body.subarray(withdrawnEnd + 2, attributesEnd))
  const reach = readNlri('inet', body.subarray(attributesEnd))
  const unreach = readNlri('inet', body.subarray(2, withdrawnEnd))
  const mpReach = attributes.get(14)
  const mpUnreach = attributes.get(15)
  if (mpReach !== undefined) {
    const value = Buffer.from(mpReach, 'hex')
    reach.push(...readNlri(familyAt(value), value.subarray(5 + value[3]!)))
  }
  if (mpUnreach !== undefined) {
    const value = Buffer.from(mpUnreach, 'hex')
    unreach.push(...readNlri(familyAt(value), value.subarray(3)))
  }
  return { reach, unreach, attributes }
}

function readAttributes(octets: Buffer): Map<number, string> {
  const attributes = new Map<number, string>()
  for (let at = 0; at < octets.length;) {
    const isLong = (octets[at]! & 0x10) !== 0
    const start = at + (isLong ? 4 : 3)
    const end = start + (isLong ? octets.readUInt16BE(at + 2) : octets[at + 2]!)
    attributes.set(octets[at + 1]!, octets.toString('hex', start, end))
    at = end
  }
  return attributes
}

function familyAt(value: Buffer): string {
  return families[value.toString('hex', 0, 2) + value.readUInt8(2).toString(16).padStart(4, '0')] ?? 'other'
}

/** Keys of the routes in an NLRI field. */
export function readNlri(family: string, octets: Buffer): string[] {
  const keys: string[] = []
  for (let at = 0; at < octets.length;) {
    const end = at + 1 + Math.ceil(octets[at]! / 8)
    keys.push(
      `${family}:${family.endsWith('-vpn') ? vpnKey(octets, at, end) : octets.toString('hex', at, end)}`,
    )
    at = end
  }
  return keys
}

function vpnKey(octets: Buffer, at: number, end: number): string {
  const bits = (octets[at]! - 88).toString(16).padStart(2, '0')
  return `${octets.toString('hex', at + 4, at + 12)}/${bits}${octets.toString('hex', at + 12, end)}`
}
