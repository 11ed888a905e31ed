/**
 * Zod types of the texts in a document: each reads its text into the value the rest of heddle works with, so that behind
 * the schema there are only octets, numbers and families.
 */
import * as z from 'zod'
import { parseFamily, families, familyName } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import { parseRouteTarget } from '../../rib/model/route-target.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import { parseAddress, parseAddressRange, parseCidr, parseEndpoint, parseIpv4Address } from './address.ts'
import { parseAsn } from './asn.ts'
import { parseDurationSec } from './duration.ts'
import { isRefusal, refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'
import { didYouMean } from './suggest.ts'

/** A zod type that reads its input with a parser of ours; the refusal's hint travels in the issue's params. */
export function read<I, T>(input: z.ZodType<I, I>, parse: (given: I) => Parsed<T>) {
  return input.transform((given, context): T => {
    const parsed = parse(given)
    if (!isRefusal(parsed)) return parsed.value
    context.issues.push({
      code: 'custom',
      message: parsed.message,
      input: given,
      params: { hint: parsed.hint },
    })
    return z.NEVER
  })
}

export const address = read(z.string(), parseAddress)
export const ipv4Address = read(z.string(), parseIpv4Address)
export const cidr = read(z.string(), parseCidr)
export const addressRange = read(z.string(), parseAddressRange)
export const endpoint = read(z.string(), parseEndpoint)
export const autonomousSystem = read(z.union([z.number(), z.string()]), parseAsn)
export const routeTarget = read(z.string(), parseTargetText)
export const family = read(z.string(), parseFamilyText)
export const name = read(z.string(), (text) => parseName(text))
export const reference = read(z.string(), parseReference)

/** A hold time: 0 (none) where allowed, else from 3 seconds (RFC 4271 §4.2) up to what 16 bits hold. */
export function holdTimeSec(options: { zeroAllowed: boolean }) {
  return read(z.union([z.string(), z.number()]), (given) => {
    const parsed = parseDurationSec(given)
    if (isRefusal(parsed)) return parsed
    if (parsed.value === 0 && options.zeroAllowed) return parsed
    if (parsed.value < 3) return refuse(`hold time ${given} is shorter than 3s (RFC 4271 §4.2)`, 'write 90s')
    return parsed.value > 65535 ? refuse(`hold time ${given} is longer than 65535s`, 'write 90s') : parsed
  })
}

/** A route target, with a hint for what a 4-octet AS leaves no room for. */
export function parseTargetText(text: string): Parsed<RouteTarget> {
  const target = parseRouteTarget(text)
  if (target !== undefined) return { value: target }
  const wide = /^(?:target:)?(\d+)L?:(\d+)$/.exec(text)
  const hint =
    wide && Number(wide[1]) > 0xffff && Number(wide[2]) > 0xffff
      ? 'with a 4-octet AS the number is at most 65535 (RFC 5668)'
      : 'write target:64512:101 or target:192.0.2.1:101'
  return refuse(`${text.slice(0, 60)} is not a route target`, hint)
}

export function parseFamilyText(text: string): Parsed<Family> {
  const parsed = parseFamily(text)
  if (parsed !== undefined) return { value: parsed }
  return refuse(`there is no family ${text.slice(0, 40)}`, didYouMean(text, families.map(familyName)))
}

/** Names become parts of VRF names (joined by colons) and of references (joined by a slash). */
function parseName(text: string): Parsed<string> {
  if (text.length <= 253 && /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)) return { value: text }
  return refuse(
    `${text === '' ? 'an empty text' : text.slice(0, 60)} is not a name`,
    'letters, digits, and . _ - between them, at most 253',
  )
}

/** Another document by name: `name` in the same namespace, or `namespace/name`. */
export interface Reference {
  readonly namespace: string | undefined
  readonly name: string
}

function parseReference(text: string): Parsed<Reference> {
  const parts = text.split('/')
  if (parts.length > 2)
    return refuse(`${text.slice(0, 60)} is not a reference`, 'write name or namespace/name')
  for (const part of parts) {
    const parsed = parseName(part)
    if (isRefusal(parsed)) return parsed
  }
  return { value: { namespace: parts.length === 2 ? parts[0] : undefined, name: parts.at(-1)! } }
}
