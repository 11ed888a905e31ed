import { expect } from 'chai'
import fc from 'fast-check'
import { Family } from '../../../rib/model/family.ts'
import { formatIpv4Word } from '../../../rib/model/ip-address.ts'
import { prefixKey } from '../../../rib/model/route-key.ts'
import { itemOf } from '../../../xmpp/client/publication.ts'
import { encodeCollection, encodePublish } from '../../../xmpp/wire/agent-stanzas.ts'
import { ChangeShape } from '../../../xmpp/wire/change-shape.ts'
import { decodeInetItem } from '../../../xmpp/wire/inet-item-decode.ts'
import { ItemReject } from '../../../xmpp/wire/inet-item.ts'
import { attributesOfItem } from '../../../xmpp/wire/item-attributes.ts'
import { PublishPair } from '../../../xmpp/wire/publish-pair.ts'
import { decodeStanza } from '../../../xmpp/wire/stanza.ts'
import { StreamFramer } from '../../../xmpp/wire/stream-framer.ts'
import { encodeStreamOpen } from '../../../xmpp/wire/stream-header.ts'
import { parseElement } from '../../../xmpp/wire/xml-parser.ts'

const VRF = 'default-domain:k8s:blü:blue/10.0.0.1'
const FIRST = '10.1.2.3/32'

type Verb = 'associate' | 'dissociate'

function stanzas(prefix: string, label: number, id: string, verb: Verb = 'associate'): [string, string] {
  const item = itemOf({ vrf: VRF, prefix, label }, '10.10.0.11')
  const head = { from: 'compute-1', id }
  return [encodePublish(head, VRF, item), encodeCollection(head, verb, VRF, item)]
}

function shapeOf(prefix = FIRST, verb: Verb = 'associate'): ChangeShape | undefined {
  const [publish, collection] = stanzas(prefix, 17, 'pubsub1', verb)
  return ChangeShape.of(publish.trim(), collection.trim(), prefix)
}

/** What the change says when every element of it is read; undefined when it is none, or not one of a single item. */
function readWhole(octets: Buffer): object | undefined {
  const framer = new StreamFramer()
  framer.push(Buffer.from(encodeStreamOpen('compute-1')))
  framer.next()
  framer.push(octets)
  const pair = new PublishPair()
  for (let event = framer.next(); event?.kind === 'stanza'; event = framer.next()) {
    const element = parseElement(event.text)
    if (!('name' in element)) return undefined
    const stanza = decodeStanza(element)
    if (stanza.kind === 'publish') pair.begin(stanza)
    if (stanza.kind !== 'collection') continue
    const change = pair.finish(stanza)
    if (change.kind !== 'change') return undefined
    const item = decodeInetItem(change.entries[0]!, Family.inet)
    if (item instanceof ItemReject) return undefined
    const { vrf, isAdd } = change
    const attrs = attributesOfItem(item, 64512)
    return { vrf, isAdd, attrs, key: [...prefixKey(item.prefix)], label: item.nextHops[0]!.label }
  }
  return undefined
}

describe('a change that looks like the last one (agent-channel 3.1, 3.4)', () => {
  it('is read by its prefix and label alone, wherever its octets lie', () => {
    const shape = shapeOf()!
    fc.assert(
      fc.property(
        fc.nat(0xffffffff),
        fc.integer({ min: 1, max: 0xfffff }),
        fc.nat(9999),
        (word, label, n) => {
          const text = `\n${stanzas(`${formatIpv4Word(word | 0)}/32`, label, `pubsub${n}`).join('')}`
          const octets = Buffer.from(`xyz${text}`)
          expect(shape.match(octets, 3)).to.equal(octets.length - 1)
          expect([...shape.key, shape.label]).to.deep.equal([32, word | 0, label])
        },
      ),
    )
  })

  it('is not taken before all of it is there', () => {
    const shape = shapeOf()!
    const octets = Buffer.from(stanzas(FIRST, 17, 'pubsub1').join('').trim())
    for (let end = 0; end < octets.length; end++) expect(shape.match(octets.subarray(0, end), 0)).to.equal(-1)
    expect(shape.match(octets, 0)).to.equal(octets.length)
  })

  it('means what the long way reads, whichever octet is another', () => {
    const first = Buffer.from(stanzas(FIRST, 17, 'pubsub1').join(''))
    const known = readWhole(first) as { key: number[]; label: number }
    const shape = shapeOf()!
    const octet = fc.oneof(fc.constantFrom(...Buffer.from('0123456789./"<> ').values()), fc.nat(255))
    fc.assert(
      fc.property(fc.nat(first.length - 1), octet, (at, value) => {
        const octets = Buffer.from(first)
        octets[at] = value
        if (shape.match(octets, 0) < 0) return
        expect(readWhole(octets)).to.deep.equal({ ...known, key: [...shape.key], label: shape.label })
      }),
      { numRuns: 3_000 },
    )
  })

  it('goes the long way with numbers in another form', () => {
    const shape = shapeOf()!
    const [publish, collection] = stanzas(FIRST, 17, 'pubsub1')
    for (const [from, to] of [
      ['10.1.2.3/32', '10.1.2.03/32'],
      ['10.1.2.3/32', '10.1.2.3/24'],
      ['10.1.2.3/32', '10.1.2.256/32'],
      ['10.1.2.3/32', '10.1.2.3'],
      ['<label>17', '<label>0'],
      ['<label>17', '<label>1048576'],
      ['<label>17', '<label>-1'],
      ['<label>17', '<label> 17'],
    ] as const) {
      const octets = Buffer.from(publish.replaceAll(from, to) + collection.replaceAll(from, to))
      expect(shape.match(octets, 0), to).to.equal(-1)
    }
  })

  it('has no shape where its places are not sure', () => {
    const [publish, collection] = stanzas(FIRST, 17, 'pubsub1')
    expect(ChangeShape.of(publish, collection, '10.1.2.4/32')).to.equal(undefined)
    expect(ChangeShape.of(publish, publish, FIRST)).to.equal(undefined)
    expect(
      ChangeShape.of(publish.replace('</label>', '</label><label>1</label>'), collection, FIRST),
    ).to.equal(undefined)
    expect(shapeOf(FIRST, 'dissociate')!.match(Buffer.from(publish + collection), 0)).to.equal(-1)
  })
})
