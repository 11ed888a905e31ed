/** The hostile streams of fixtures/xmpp/hostile.json as octets. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from './samples.ts'

type Part =
  | string
  | { readonly hex: string }
  | { readonly repeat: string; readonly times: number }
  | { readonly attributes: number }
  | { readonly subscriptions: number }

export interface HostileCase {
  readonly name: string
  /** A valid stream header goes before. */
  readonly open: boolean
  readonly parts: readonly Part[]
  readonly expect: string
}

export const hostileCases = JSON.parse(
  readFileSync(join(folder, 'hostile.json'), 'utf8'),
) as readonly HostileCase[]

export function octetsOf(hostile: HostileCase): Buffer {
  return Buffer.concat(hostile.parts.map(partOctets))
}

function partOctets(part: Part): Buffer {
  if (typeof part === 'string') return Buffer.from(part)
  if ('hex' in part) return Buffer.from(part.hex, 'hex')
  if ('repeat' in part) return Buffer.from(part.repeat.repeat(part.times))
  if ('attributes' in part) return Buffer.from(numbered(part.attributes, (i) => `a${i}="1" `))
  return Buffer.from(
    numbered(
      part.subscriptions,
      (i) => `<iq type="set" to="x/bgp-peer"><pubsub><subscribe node="v${i}"/></pubsub></iq>`,
    ),
  )
}

function numbered(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join('')
}
