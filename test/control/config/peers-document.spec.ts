import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { documentSchemas } from '../../../control/config/schema.ts'

const text = readFileSync(new URL('../../../docs/PEERS.md', import.meta.url), 'utf8')
const rows = new Set([...text.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]!))

describe('docs/PEERS.md', () => {
  it('has a row for every key of a BGPPeer, and none for what is none', () => {
    expect([...rows].sort()).to.deep.equal(Object.keys(documentSchemas.BGPPeer.shape.spec.shape).sort())
  })
})
