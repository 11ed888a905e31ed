import { expect } from 'chai'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene } from './scene.ts'

const ROUTES = 6_000

describe('rib: attribute sets that nobody uses any more', () => {
  it('go when their source has gone, a slice at a time, those let go during a sweep included', () => {
    const scene = new Scene()
    scene.joinBgp('inet.0', new RecordingMember(scene.ibgp('listener', 2)))
    const source = scene.ebgp('source')
    for (let n = 0; n < ROUTES; n++) scene.put('inet.0', `10.${n >> 8}.${n & 255}.1/32`, source, { med: n })
    scene.settle()
    // Received and offered.
    expect(scene.rib.attrs.liveCount).to.be.at.least(ROUTES)
    scene.rib.removeSource(source)
    let most = 0
    let before = scene.rib.attrs.count
    while (scene.clock.step()) {
      most = Math.max(most, before - scene.rib.attrs.count)
      before = scene.rib.attrs.count
    }
    expect(scene.rib.attrs.count).to.be.at.most(1_024)
    // One slice looks at fewer sets than there are.
    expect(most).to.be.at.most(2_048)
  })
})
