import { expect } from 'chai'
import { PublishPair } from '../../../xmpp/wire/publish-pair.ts'
import type { PairResult } from '../../../xmpp/wire/publish-pair.ts'
import { decodeStanza } from '../../../xmpp/wire/stanza.ts'
import type { Collection, Publish, Stanza } from '../../../xmpp/wire/stanza.ts'
import { elementsOf, sample } from '../support/samples.ts'

const VRF = 'default-domain:k8s:blue:blue'
const AGENT = 'from="compute-1" to="network-control@contrailsystems.com/bgp-peer"'

function decoded(text: string): Stanza[] {
  return elementsOf(text).map(decodeStanza)
}

function pubsub(content: string): Stanza {
  return decoded(`<iq type="set" ${AGENT}><pubsub>${content}</pubsub></iq>`)[0]!
}

/** What the two stanzas of a sample come to. */
function pairOf(text: string): PairResult {
  const [publish, collection] = decoded(text)
  const pair = new PublishPair()
  pair.begin(publish as Publish)
  return pair.finish(collection as Collection)
}

describe('decodeStanza', () => {
  it('reads a subscription of a stock agent (agent-channel 2.1)', () => {
    expect(decoded(sample('agent/subscribe'))).to.deep.equal([
      { kind: 'subscribe', resource: 'bgp-peer', node: VRF, instanceId: 3, noRibOut: false },
    ])
  })

  it('reads an unsubscription, whose options do not count', () => {
    expect(decoded(sample('agent/unsubscribe'))).to.deep.equal([
      { kind: 'unsubscribe', resource: 'bgp-peer', node: VRF },
    ])
  })

  it('takes options beside the subscription too', () => {
    const stanza = pubsub(`<subscribe node="v"/><options><instance-id> 7 </instance-id></options>`)
    expect(stanza).to.deep.include({ kind: 'subscribe', node: 'v', instanceId: 7 })
  })

  const instanceIds: [string, number][] = [
    ['', -1],
    ['<instance-id></instance-id>', -1],
    ['<instance-id>x</instance-id>', -1],
    ['<instance-id>0</instance-id>', 0],
    ['<instance-id>65535</instance-id>', 65535],
  ]
  for (const [options, instanceId] of instanceIds) {
    it(`gives the id ${instanceId} for options "${options}"`, () => {
      expect(pubsub(`<subscribe node="v"><options>${options}</options></subscribe>`)).to.deep.include({
        instanceId,
      })
    })
  }

  for (const [text, noRibOut] of [
    ['true', true],
    ['1', true],
    ['Yes', true],
    ['t', true],
    ['false', false],
    ['no', false],
    ['', false],
  ] as const) {
    it(`reads no-ribout "${text}" as ${noRibOut}: the first character counts`, () => {
      const stanza = pubsub(
        `<subscribe node="v"><options><no-ribout>${text}</no-ribout></options></subscribe>`,
      )
      expect(stanza).to.deep.include({ noRibOut })
    })
  }

  it('reads configuration subscriptions by their resource (agent-channel 6.1)', () => {
    expect(
      decoded(sample('agent/config-subscriptions')).map((stanza) => [
        stanza.kind,
        'resource' in stanza && stanza.resource,
      ]),
    ).to.deep.equal([
      ['subscribe', 'config'],
      ['subscribe', 'config'],
      ['unsubscribe', 'config'],
    ])
  })

  it('compares the resource exactly, not as a part of the address (agent-channel 1.2)', () => {
    const to = (address: string): Stanza =>
      decoded(`<iq type="set" to="${address}"><pubsub><subscribe node="v"/></pubsub></iq>`)[0]!
    expect(to('bgp-peer.config.example/config')).to.deep.include({ resource: 'config' })
    expect(to('config/bgp-peer')).to.deep.include({ resource: 'bgp-peer' })
    expect(to('x/bgp-peers')).to.deep.equal({ kind: 'ignored', reason: 'unknownResource' })
  })

  it('reads the End-of-RIB message of a stock agent (agent-channel 3.7)', () => {
    expect(decoded(sample('agent/end-of-rib-message'))).to.deep.equal([{ kind: 'endOfRib' }])
  })

  it('reads STARTTLS', () => {
    expect(decoded(sample('agent/starttls'))).to.deep.equal([{ kind: 'startTls' }])
  })

  const ignored: [string, string][] = [
    [`<presence ${AGENT}/>`, 'unknownStanza'],
    [`<iq type="get" ${AGENT}><pubsub><subscribe node="v"/></pubsub></iq>`, 'iqNotSet'],
    [`<iq type="set" ${AGENT}/>`, 'unknownIq'],
    [`<iq type="set" ${AGENT}><pubsub><retract node="v"/></pubsub></iq>`, 'unknownIq'],
    [`<iq type="set" to="x/config"><pubsub><publish node="v"/></pubsub></iq>`, 'unknownConfigIq'],
    [`<message ${AGENT}><body>hello</body></message>`, 'unknownMessage'],
    [`<message to="x/dns-peer"/>`, 'unknownResource'],
  ]
  for (const [text, reason] of ignored) {
    it(`ignores ${text.slice(0, 50)} as ${reason}: the channel has no iq errors`, () => {
      expect(decoded(text)).to.deep.equal([{ kind: 'ignored', reason }])
    })
  }
})

describe('PublishPair', () => {
  it('joins publish and associate to an addition (agent-channel 3.1)', () => {
    expect(pairOf(sample('agent/inet-add'))).to.deep.include({
      kind: 'change',
      vrf: VRF,
      node: `1/1/${VRF}/10.1.1.3/32`,
      isAdd: true,
    })
  })

  it('joins publish and dissociate to a removal', () => {
    const [publish] = decoded(sample('agent/inet-add'))
    const [collection] = decoded(sample('agent/inet-dissociate'))
    const pair = new PublishPair()
    pair.begin(publish as Publish)
    expect(pair.finish(collection as Collection)).to.deep.include({ kind: 'change', isAdd: false })
  })

  it('reads a publish without item and a collection without child as End-of-RIB (agent-channel 3.7)', () => {
    expect(pairOf(sample('agent/end-of-rib-pair'))).to.deep.equal({ kind: 'endOfRib' })
  })

  it('reads it also with one node on both', () => {
    const pair = new PublishPair()
    const withNode = (): void => void pair.begin(pubsub('<publish node="n"/>') as Publish)
    withNode()
    expect(pair.finish(pubsub('<collection node="n"/>') as Collection)).to.deep.equal({ kind: 'endOfRib' })
    withNode()
    expect(
      pair.finish(pubsub('<collection node="v"><associate node="n"/></collection>') as Collection),
    ).to.deep.equal({ kind: 'endOfRib' })
  })

  const entry = '<item><entry/></item>'
  const mismatches: [string, string | undefined, string][] = [
    ['collectionWithoutPublish', undefined, '<collection node="v"><associate node="n"/></collection>'],
    [
      'nodesDiffer',
      `<publish node="m">${entry}</publish>`,
      '<collection node="v"><associate node="n"/></collection>',
    ],
    ['nodesDiffer', '<publish node="m"/>', '<collection node="v"><associate node="n"/></collection>'],
    ['collectionWithoutAction', `<publish node="">${entry}</publish>`, '<collection node="v"/>'],
  ]
  for (const [reason, publish, collection] of mismatches) {
    it(`drops ${publish ?? 'nothing'} then ${collection} as ${reason}`, () => {
      const pair = new PublishPair()
      if (publish !== undefined) pair.begin(pubsub(publish) as Publish)
      expect(pair.finish(pubsub(collection) as Collection)).to.deep.equal({ kind: 'mismatch', reason })
    })
  }

  it('keeps one publish only, and uses it once', () => {
    const pair = new PublishPair()
    const publish = pubsub(`<publish node="n">${entry}</publish>`) as Publish
    const collection = pubsub('<collection node="v"><associate node="n"/></collection>') as Collection
    expect(pair.begin(publish)).to.equal(false)
    expect(pair.begin(publish)).to.equal(true)
    expect(pair.finish(collection).kind).to.equal('change')
    expect(pair.finish(collection)).to.deep.equal({ kind: 'mismatch', reason: 'collectionWithoutPublish' })
  })
})
