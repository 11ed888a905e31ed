import { expect } from 'chai'
import { base, Lab, nodes, web } from './lab.ts'

describe('static routes of a configuration', () => {
  const withRoute = base.map((text) =>
    text.includes('name: blue,')
      ? text.replace('spec:\n', 'spec:\n  staticRoutes: [{prefix: 198.51.100.0/24, nextHop: 10.1.1.3}]\n')
      : text,
  )

  it('lead where their next hop sits, and go with the document', async () => {
    const lab = new Lab()
    const shown = (): string[] => lab.take().filter((line) => line.includes('198.51.100.0/24'))
    await lab.apply(...withRoute, ...nodes, web('node: compute-1'))
    expect(shown().map((line) => line.replace(/:\d+:/, ':'))).to.deep.equal([
      '+ 192.0.2.21:198.51.100.0/24 label 1000 via 192.0.2.21',
    ])
    await lab.apply(...base, ...nodes, web('node: compute-1'))
    expect(shown()).to.have.length(1)
  })
})
