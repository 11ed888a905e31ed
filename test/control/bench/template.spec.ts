import { expect } from 'chai'
import { fillTemplate } from '../../../control/bench/daemons/template.ts'

describe('configuration templates', () => {
  it('get values, and their blocks once for each of a list', () => {
    const text = 'as @ASN@\n@each peer\npeer @NAME@ as @ASN@\n@end\nend\n'
    const peers = [{ NAME: 'a' }, { NAME: 'b', ASN: 2 }]
    expect(fillTemplate(text, { ASN: 1 }, { peer: peers })).to.equal('as 1\npeer a as 1\npeer b as 2\nend\n')
    expect(fillTemplate(text, { ASN: 1 }, { peer: [] })).to.equal('as 1\nend\n')
  })

  it('may not name what nobody gives', () => {
    expect(() => fillTemplate('@NAME@', {}, {})).to.throw('@NAME@')
    expect(() => fillTemplate('@each peer\n@end\n', {}, {})).to.throw("'peer'")
  })
})
