import { expect } from 'chai'
import { checkInvariants } from '../support/rib-check.ts'
import { Scene, target } from './scene.ts'

const VPN = 'bgp.l3vpn.0'

describe('rib: route targets of a VRF that change (control-node reference 4.1)', () => {
  for (const [what, before, after] of [
    ['one more', [1], [1, 2]],
    ['one fewer', [1, 2], [1]],
    ['another one', [1], [2]],
    ['all others', [1, 2], [3, 4]],
    ['the first ones', [], [1, 2]],
    ['none any more', [1, 2], []],
    ['the same in another order', [1, 2], [2, 1]],
    ['one that no path carries', [1], [1, 9]],
  ] as const) {
    it(`12: follows import targets of a VRF, whatever the age of the routes: ${what}`, () => {
      const scene = new Scene()
      scene.vrf('red', { imports: before })
      const peer = scene.ibgp('peer')
      for (const n of [1, 2, 3, 4]) scene.put(VPN, `64512:${n}:10.0.${n}.0/24`, peer, { targets: [n] })
      scene.settle()
      const expected = (list: readonly number[]): string[] =>
        [...list]
          .filter((n) => n < 9)
          .sort()
          .map((n) => `10.0.${n}.0/24 peer 192.0.2.21`)
      expect(scene.list('red.inet.0')).to.deep.equal(expected(before))
      scene.vrf('red', { imports: after })
      scene.settle()
      expect(scene.list('red.inet.0')).to.deep.equal(expected(after))
      checkInvariants(scene.rib)
    })
  }

  it('13: writes changed export targets onto copies that are already there (the 30-minute leak of the field)', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.vrf('blue', { imports: [1] })
    scene.vrf('green', { imports: [2] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), { instanceId: 3 })
    scene.settle()
    expect(scene.list('blue.inet.0')).to.have.length(1)
    scene.vrf('red', { exports: [2] })
    scene.settle()
    expect(scene.list('blue.inet.0')).to.deep.equal([])
    expect(scene.list('green.inet.0')).to.have.length(1)
    expect(scene.best(VPN, '192.0.2.21:3:10.0.0.1/32').routeTargets).to.deep.equal([target(2)])
    scene.vrf('red', { exports: [] })
    scene.settle()
    expect(scene.list(VPN)).to.deep.equal([])
    expect(scene.list('red.inet.0')).to.have.length(1)
  })

  it('13: brings routes between VRFs when the importer comes after the routes', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'))
    scene.settle()
    scene.vrf('late', { imports: [1] })
    scene.settle()
    expect(scene.list('late.inet.0')).to.have.length(1)
    expect([...scene.rib.importersOf(target(1))]).to.have.length(1)
  })
})
