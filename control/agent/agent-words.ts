/**
 * The words of `heddle agent`, on its command line and on standard input (pure):
 *
 *   subscribe VRF:ID                     publish VRF,PREFIX,LABEL[,lp=100][,med=0][,nh=ADDRESS][,encap=gre+udp]
 *   unsubscribe VRF                      retract VRF,PREFIX
 *   routes [VRF]      quit
 *
 * A VRF name holds colons itself (domain:project:network:network), so the last colon ends it.
 */
import { tunnelTypes } from '../../rib/model/ext-community.ts'
import { parseIpAddress } from '../../rib/model/ip-address.ts'
import { MAX_LABEL } from '../../rib/model/label.ts'
import { formatPrefix, parsePrefix } from '../../rib/model/route-key.ts'

export interface Subscription {
  readonly vrf: string
  readonly instanceId: number
}

export interface Publication {
  readonly vrf: string
  readonly prefix: string
  readonly label: number
  readonly localPref?: number
  readonly med?: number
  readonly nextHop?: string
  readonly encapsulations?: readonly string[]
}

export type AgentOrder =
  | ({ readonly kind: 'subscribe' } & Subscription)
  | { readonly kind: 'unsubscribe'; readonly vrf: string }
  | ({ readonly kind: 'publish' } & Publication)
  | { readonly kind: 'retract'; readonly vrf: string; readonly prefix: string }
  | { readonly kind: 'routes'; readonly vrf: string | undefined }
  | { readonly kind: 'quit' }

/** Why a word is not understood, as a sentence. */
export interface NotUnderstood {
  readonly problem: string
}

export function isUnderstood<T extends object>(word: T | NotUnderstood): word is T {
  return !('problem' in word)
}

/** `VRF:ID`. */
export function parseSubscription(text: string): Subscription | NotUnderstood {
  const match = /^(.+):(\d{1,5})$/.exec(text.trim())
  const instanceId = match ? Number(match[2]) : 0
  // The id is the low part of a type 1 RD (RFC 4364 §4.2): 16 bits.
  if (!match || instanceId < 1 || instanceId > 0xffff) {
    return { problem: `'${text}' is not VRF:ID with an ID from 1 to 65535` }
  }
  return { vrf: match[1]!, instanceId }
}

/** `VRF,PREFIX,LABEL` and settings. */
export function parsePublication(text: string): Publication | NotUnderstood {
  const [vrf, prefixText, labelText, ...settings] = text.trim().split(',')
  const prefix = prefixText === undefined ? undefined : parsePrefix(prefixText)
  if (!vrf || !prefix) return { problem: `'${text}' is not VRF,PREFIX,LABEL` }
  const label = wholeNumber(labelText ?? '', MAX_LABEL)
  if (label === undefined) return { problem: `'${labelText ?? ''}' is not a label (0 to ${MAX_LABEL})` }
  const publication: Mutable<Publication> = { vrf, prefix: formatPrefix(prefix), label }
  for (const setting of settings) {
    const problem = applySetting(publication, setting)
    if (problem !== undefined) return { problem }
  }
  return publication
}

/** One line of standard input; undefined for a blank line or a comment. */
export function parseOrder(line: string): AgentOrder | NotUnderstood | undefined {
  const text = line.trim()
  if (text === '' || text.startsWith('#')) return undefined
  const [kind, ...rest] = text.split(/\s+/)
  const word = rest.join(' ')
  switch (kind) {
    case 'subscribe':
      return withKind('subscribe', parseSubscription(word))
    case 'publish':
      return withKind('publish', parsePublication(word))
    case 'unsubscribe':
      return word === '' ? { problem: 'unsubscribe needs a VRF' } : { kind, vrf: word }
    case 'retract':
      return parseRetraction(word)
    case 'routes':
      return { kind, vrf: word === '' ? undefined : word }
    case 'quit':
      return { kind }
    default:
      return { problem: `'${kind}' is none of subscribe, unsubscribe, publish, retract, routes, quit` }
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function withKind<K extends string, T extends object>(
  kind: K,
  word: T | NotUnderstood,
): (T & { readonly kind: K }) | NotUnderstood {
  return isUnderstood(word) ? { ...word, kind } : word
}

function parseRetraction(text: string): AgentOrder | NotUnderstood {
  const [vrf, prefixText, ...more] = text.split(',')
  const prefix = prefixText === undefined ? undefined : parsePrefix(prefixText)
  if (!vrf || !prefix || more.length > 0) return { problem: `'${text}' is not VRF,PREFIX` }
  return { kind: 'retract', vrf, prefix: formatPrefix(prefix) }
}

/** Takes `name=value` into the publication; the problem as a sentence when it cannot. */
function applySetting(publication: Mutable<Publication>, setting: string): string | undefined {
  const equals = setting.indexOf('=')
  const [name, value] = [setting.slice(0, Math.max(0, equals)), setting.slice(equals + 1)]
  switch (name) {
    case 'lp':
    case 'med': {
      const amount = wholeNumber(value, 0xffffffff)
      if (amount === undefined) return `'${value}' is not a number for ${name}`
      publication[name === 'lp' ? 'localPref' : 'med'] = amount
      return undefined
    }
    case 'nh':
      if (!parseIpAddress(value)) return `'${value}' is not an address`
      publication.nextHop = value
      return undefined
    case 'encap': {
      const names = value.split('+')
      const unknown = names.find((each) => !tunnelTypes.has(each))
      if (unknown !== undefined) {
        return `'${unknown}' is not an encapsulation; known are ${[...tunnelTypes.keys()].join(', ')}`
      }
      publication.encapsulations = names
      return undefined
    }
    default:
      return `'${setting}' is none of lp=, med=, nh=, encap=`
  }
}

function wholeNumber(text: string, max: number): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= max ? Number(text) : undefined
}
