import { expect } from 'chai'
import { BgpImportRule } from '../../../bgp/session/bgp-import-rule.ts'
import { PeerCounters } from '../../../bgp/session/counters.ts'
import type { ImportRules } from '../../../bgp/session/import-check.ts'
import { UpdateReceiver } from '../../../bgp/session/receive.ts'
import { NlriRun } from '../../../bgp/wire/nlri-run.ts'
import type { DecodedUpdate } from '../../../bgp/wire/update-decode.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { ipv4OfWord } from '../../../rib/model/ip-address.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import { Rib } from '../../../rib/rib.ts'
import { TurnClock } from '../../support/turn-clock.ts'

const LOCAL_AS = 64512
const rules = { localAs: LOCAL_AS, routerId: 1, clusterId: undefined, rejectsAll: false }

function scene() {
  const rib = new Rib({ localAs: LOCAL_AS, routerId: 1, clock: new TurnClock(1_000) })
  const source = rib.addSource({
    kind: SourceKind.bgp,
    name: 'peer',
    isIbgp: false,
    isClient: false,
    asn: 65001,
    routerId: 2,
    address: ipv4OfWord(0x7f000002),
  })
  const table = rib.master(Family.inet)!
  const receiver = new UpdateReceiver(rib, source, {
    families: [Family.inet],
    counters: new PeerCounters(),
  })
  const judgeBy = (changed: ImportRules): void => {
    source.importRule = new BgpImportRule(changed, rib.attrs)
  }
  judgeBy(rules)
  const run = new NlriRun()
  const update: DecodedUpdate = { runs: [run], runCount: 1, endOfRib: undefined, severity: 0, errors: [] }
  const apply = (attrs: AttrSet | undefined): void => {
    run.start(Family.inet, attrs !== undefined)
    run.keys.set([32, 0x0a000001])
    run.count = 1
    run.attrs = attrs
    receiver.apply(update)
  }
  const flags = (): number => rib.paths.flags(table.routes.firstPath(table.find(run.keys, 0)))
  const through = (asn: number): AttrSet =>
    rib.attrs.intern({
      ...plainAttributes,
      nextHop: ipv4OfWord(0x0a000002),
      asPath: [{ type: 2, asns: [asn] }],
    })
  return { rib, judgeBy, apply, flags, through }
}

describe('UpdateReceiver', () => {
  it('judges by the attributes, not by what their number meant before it was given away', () => {
    const { rib, apply, flags, through } = scene()
    const looped = through(LOCAL_AS)
    apply(looped)
    expect(flags()).to.equal(PathFlag.asLoop | PathFlag.infeasible)
    apply(undefined)
    rib.attrs.collect()
    const other = through(65001)
    expect(other.id).to.equal(looped.id)
    apply(other)
    expect(flags()).to.equal(0)
  })

  it('judges anew when the rules are others', () => {
    const { judgeBy, apply, flags, through } = scene()
    apply(through(65001))
    expect(flags()).to.equal(0)
    judgeBy({ ...rules, rejectsAll: true })
    apply(through(65001))
    expect(flags()).to.equal(PathFlag.policyRejected | PathFlag.infeasible)
  })
})
