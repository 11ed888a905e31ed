/**
 * Recorded runs of the whole daemon (fixtures/conformance): connections in memory, a fake clock, configuration from files.
 * UPDATE_FIXTURES=1 records anew; the difference is then for a reviewer to read.
 */
import { join } from 'node:path'
import { expect } from 'chai'
import { readCases, readRecording, writeRecording } from '../support/conformance/case.ts'
import { replay } from '../support/conformance/replay.ts'

const cases = readCases(join(import.meta.dirname, '../../fixtures/conformance'))
const records = process.env['UPDATE_FIXTURES'] === '1'

describe('conformance of the whole daemon', () => {
  for (const one of cases) {
    it(`${one.name}: ${one.title}`, async () => {
      const lines = await replay(one)
      if (records) writeRecording(one, lines)
      expect(lines).to.deep.equal(readRecording(one))
    })
  }

  it('gives the same run every time', async () => {
    const [one] = cases
    expect(await replay(one)).to.deep.equal(await replay(one))
  })
})
