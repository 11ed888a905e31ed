import { expect } from 'chai'
import { parseOrder, parsePublication, parseSubscription } from '../../../control/agent/agent-words.ts'

const VRF = 'default-domain:k8s-ns-user-1:public:public'

describe('words of heddle agent', () => {
  it('takes the last colon of VRF:ID as the end of the VRF', () => {
    expect(parseSubscription(`${VRF}:3`)).to.deep.equal({ vrf: VRF, instanceId: 3 })
  })

  for (const text of [VRF, `${VRF}:0`, `${VRF}:65536`, ':1', '']) {
    it(`refuses '${text}' as a subscription: the id is 16 bits of an RD (RFC 4364 §4.2)`, () => {
      expect(parseSubscription(text)).to.have.property('problem')
    })
  }

  it('reads a publication with all its settings', () => {
    expect(
      parsePublication(`${VRF},101.101.101.252,38,lp=200,med=5,nh=192.0.2.21,encap=gre+udp`),
    ).to.deep.equal({
      vrf: VRF,
      prefix: '101.101.101.252/32',
      label: 38,
      localPref: 200,
      med: 5,
      nextHop: '192.0.2.21',
      encapsulations: ['gre', 'udp'],
    })
  })

  it('reads an IPv6 publication, whose address holds colons as the VRF does', () => {
    expect(parsePublication(`${VRF},2001:db8::1/128,39`)).to.deep.equal({
      vrf: VRF,
      prefix: '2001:db8::1/128',
      label: 39,
    })
  })

  for (const [text, about] of [
    [`${VRF},101.101.101.252`, 'label'],
    [`${VRF},101.101.101.252/33,38`, 'PREFIX'],
    [`${VRF},101.101.101.252,1048576`, 'label'],
    [`${VRF},101.101.101.252,38,encap=ipsec`, 'ipsec'],
    [`${VRF},101.101.101.252,38,lp=-1`, 'lp'],
    [`${VRF},101.101.101.252,38,nh=nowhere`, 'nowhere'],
    [`${VRF},101.101.101.252,38,weight=1`, 'weight'],
  ] as const) {
    it(`says what is wrong with '${text}'`, () => {
      expect(parsePublication(text)).to.have.property('problem').that.includes(about)
    })
  }

  it('reads the lines of standard input, and passes over blank ones and comments', () => {
    expect(parseOrder(`subscribe ${VRF}:7`)).to.deep.equal({ kind: 'subscribe', vrf: VRF, instanceId: 7 })
    expect(parseOrder(`unsubscribe ${VRF}`)).to.deep.equal({ kind: 'unsubscribe', vrf: VRF })
    expect(parseOrder(`retract ${VRF},10.0.0.1`)).to.deep.equal({
      kind: 'retract',
      vrf: VRF,
      prefix: '10.0.0.1/32',
    })
    expect(parseOrder('routes')).to.deep.equal({ kind: 'routes', vrf: undefined })
    expect(parseOrder('  quit ')).to.deep.equal({ kind: 'quit' })
    expect(parseOrder('')).to.equal(undefined)
    expect(parseOrder('# later')).to.equal(undefined)
  })

  it('names the words it knows when it meets another', () => {
    expect(parseOrder('advertise x')).to.have.property('problem').that.includes('publish')
    expect(parseOrder('retract x')).to.have.property('problem')
    expect(parseOrder('unsubscribe')).to.have.property('problem')
  })
})
