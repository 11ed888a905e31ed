import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readElsewhere } from '../../../control/config/reader-process.ts'
import { PART_DOCUMENTS, readerMessages } from '../../../control/config/reader-messages.ts'
import { readHere } from '../../../control/config/reading.ts'

const documents = `apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: node}
spec: {autonomousSystem: 64512, routerID: 10.0.0.1, stateDir: ./state}
---
apiVersion: heddle.dev/v1alpha1
kind: BGPPeer
metadata: {name: gw}
spec: {address: 192.0.2.1, autonomousSystem: 64512, families: [inet-vpn], authentication: {passwordFile: gw.key}}
---
apiVersion: heddle.dev/v1alpha1
kind: ComputeNode
metadata: {name: compute-1}
spec: {address: 192.0.2.21}
`

function network(number: number): string {
  return `---
apiVersion: heddle.dev/v1alpha1
kind: VirtualNetwork
metadata: {name: n-${number}, namespace: p}
spec: {subnets: [{cidr: 10.${number >> 8}.${number & 255}.0/24}], routeTargets: {both: ["target:64512:${number + 1}"]}}
`
}

describe('a configuration read by another process', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heddle-reader-'))
    await writeFile(join(folder, 'gw.key'), 'hunter2\n')
  })
  afterEach(async () => await rm(folder, { recursive: true }))

  it('is the one read here, in as many parts as it takes', async () => {
    const count = PART_DOCUMENTS * 2 + 1
    const file = join(folder, 'heddle.yaml')
    await writeFile(file, documents + Array.from({ length: count }, (_, i) => network(i)).join(''))
    const [here, elsewhere] = await Promise.all([readHere([file]), readElsewhere([file])])
    expect(here.report).to.equal('')
    const { secrets, ...rest } = elsewhere.documents!
    const { secrets: own, ...expected } = here.documents!
    expect(rest).to.deep.equal(expected)
    const octetsOf = ([place, secret]: [string, { octets: Uint8Array }]): unknown => [place, secret.octets]
    expect([...secrets].map(octetsOf)).to.deep.equal([...own].map(octetsOf))
    expect([...secrets.values()][0]!.equals([...own.values()][0])).to.equal(true)
    const { address } = rest.nodes[0]!.spec
    expect(address.buffer.byteLength, 'no view of a message').to.equal(4)
    const parts = [...readerMessages(here)].filter(({ kind }) => kind === 'part')
    expect(parts.length).to.equal(2 + 3)
  })

  it('has the same problems, in the same words', async () => {
    const file = join(folder, 'heddle.yaml')
    await writeFile(file, `${documents}---\nkind: Nothing\n`)
    const elsewhere = await readElsewhere([file, join(folder, 'none.yaml')])
    expect(elsewhere).to.deep.equal(await readHere([file, join(folder, 'none.yaml')]))
    expect([elsewhere.documents, elsewhere.lines.length]).to.deep.equal([undefined, 2])
  })

  it('is read here where there can be no other process', async () => {
    const file = join(folder, 'heddle.yaml')
    await writeFile(file, documents)
    const { execPath } = process
    process.execPath = join(folder, 'no-node')
    try {
      expect((await readElsewhere([file])).documents!.nodes).to.have.length(1)
    } finally {
      process.execPath = execPath
    }
  })
})
