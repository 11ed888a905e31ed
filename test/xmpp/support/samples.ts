/** Samples of the agent channel, and comparison that ignores blanks between tags. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Element } from '../../../xmpp/wire/element.ts'
import { StreamError } from '../../../xmpp/wire/stream-error.ts'
import { StreamFramer } from '../../../xmpp/wire/stream-framer.ts'
import type { StreamEvent } from '../../../xmpp/wire/stream-framer.ts'
import { encodeUtf8 } from '../../../xmpp/wire/utf8.ts'
import { parseElement } from '../../../xmpp/wire/xml-parser.ts'

export const folder = join(import.meta.dirname, '../../../fixtures/xmpp')

export const STREAM_OPEN =
  '<stream:stream from="compute-1" to="network-control@contrailsystems.com" version="1.0" xml:lang="en" xmlns="" ' +
  'xmlns:stream="http://etherx.jabber.org/streams"  >'

export const agentSamples: readonly string[] = [
  'subscribe',
  'unsubscribe',
  'inet-add',
  'inet-dissociate',
  'inet6-add',
  'labelled-add',
  'evpn-add',
  'ermvpn-add',
  'mvpn-add',
  'end-of-rib-message',
  'end-of-rib-pair',
  'config-subscriptions',
  'starttls',
]

export const nodeSamples: readonly string[] = [
  'inet-item',
  'inet-retract',
  'inet-ecmp',
  'ermvpn-item',
  'evpn-broadcast-item',
  'end-of-rib',
  'config-delete',
  'stream-features',
  'proceed',
]

export function sample(name: string): string {
  return readFileSync(join(folder, `${name}.xml`), 'utf8')
}

/** Everything that the octets frame to, in pieces ending at the cuts. */
export function framed(octets: Uint8Array, cuts: Iterable<number> = []): FramingResult {
  const framer = new StreamFramer()
  const events: StreamEvent[] = []
  let from = 0
  for (const cut of [...cuts, octets.length]) {
    framer.push(octets.slice(from, cut))
    for (let event = framer.next(); event; event = framer.next()) events.push(event)
    from = cut
  }
  return { events, error: framer.error?.toString(), keepalives: framer.keepalives, stray: framer.strayOctets }
}

export interface FramingResult {
  readonly events: readonly StreamEvent[]
  readonly error: string | undefined
  readonly keepalives: number
  readonly stray: number
}

/** The elements of a sample's stanzas. */
export function elementsOf(text: string): Element[] {
  const { events, error } = framed(encodeUtf8(STREAM_OPEN + text))
  expect(error).to.equal(undefined)
  return events
    .filter((event) => event.kind === 'stanza')
    .map((event) => {
      const element = parseElement(event.text)
      if (element instanceof StreamError) throw new Error(element.toString())
      return element
    })
}

/** Text without the blanks that layout put between tags. */
export function withoutLayout(text: string): string {
  return text.replace(/>\s+</g, '><').trim()
}
