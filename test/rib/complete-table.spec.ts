/** A table that peers have brought whole: what was remembered for it is given back, once, and after its last route left. */
import { expect } from 'chai'
import type { Batch } from '../../rib/batch.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, ShortEncoder } from './scene.ts'

const VPN = 'bgp.l3vpn.0'

/** Notes the order of its calls. */
class NotingEncoder extends ShortEncoder {
  readonly calls: string[] = []

  override encode(batch: Batch): readonly Uint8Array[] {
    this.calls.push('encode')
    return super.encode(batch)
  }

  releaseAttributes(): void {
    this.calls.push('release')
  }
}

describe('rib: a complete table', () => {
  function loaded(): { scene: Scene; encoder: NotingEncoder; member: RecordingMember } {
    const scene = new Scene()
    const encoder = new NotingEncoder(scene.rib)
    const member = new RecordingMember(scene.ibgp('receiver', 1), false)
    scene.joinBgp(VPN, member, {}, encoder)
    scene.settle()
    scene.put(VPN, '64512:1:10.0.0.1/32', scene.ebgp('sender', 2), { targets: [1] })
    return { scene, encoder, member }
  }

  it('gives memos back once for any number of peers, when its routes have been sent', () => {
    const { scene, encoder, member } = loaded()
    for (let peer = 0; peer < 3; peer++) scene.rib.complete(scene.table(VPN))
    expect(encoder.calls).to.deep.equal([])
    scene.settle()
    expect(encoder.calls).to.deep.equal(['encode', 'release'])
    expect(member.held.size).to.equal(1)
  })

  it('keeps them while nobody has said so, and when another table is the complete one', () => {
    const { scene, encoder } = loaded()
    scene.rib.complete(scene.table('inet.0'))
    scene.settle()
    expect(encoder.calls).to.deep.equal(['encode'])
  })
})
