import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { markdownOf, withEmbedded, embedded } from '../../../control/bench/result-markdown.ts'
import { mergeMeasurements, parseMeasurement } from '../../../control/bench/result-file.ts'
import { scoreMeasurement } from '../../../control/bench/result.ts'
import type { Measurement } from '../../../control/bench/result.ts'
import { cli } from '../cli/cli-run.ts'
import { measured, measurementOf, rows, sample } from './result-scene.ts'

const other: Measurement = {
  ...measurementOf([{ ...measured('frr', sample(3, 70)), scenario: 'L1' }]),
  startedAt: '2025-12-31T00:00:00.000Z',
  versions: { FRR: '8.4.4' },
  scenarios: [{ letter: 'L1', title: 'more routes' }],
}

describe('a result that is read again', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-bench-test-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  function fileOf(name: string, value: unknown): string {
    const file = join(folder, name)
    writeFileSync(file, JSON.stringify(value))
    return file
  }

  it('is what was written, whatever was calculated then', () => {
    const scored = scoreMeasurement(measurementOf(rows))
    const forged = { ...scored, rows: scored.rows.map((row) => ({ ...row, speed: 99 })), verdicts: [] }
    expect(scoreMeasurement(parseMeasurement(JSON.stringify(forged), 'x'))).to.deep.equal(scored)
  })

  it('becomes one with others of other scenarios', async () => {
    const [a, b] = [fileOf('b.json', other), fileOf('a.json', measurementOf(rows))]
    const file = join(folder, 'both.json')
    const { status } = await cli('bench', '--from', a, '--from', b, '--json', file)
    expect(status).to.equal(0)
    const merged = JSON.parse(readFileSync(file, 'utf8')) as Measurement
    expect(merged.scenarios.map(({ letter }) => letter)).to.deep.equal(['A', 'L1'])
    expect(merged).to.deep.include({ startedAt: other.startedAt, versions: { FRR: '8.4.4', BIRD: '2.0.12' } })
    expect(merged.rows).to.have.length(rows.length + 1)
  })

  for (const [what, part] of Object.entries<Partial<Measurement>>({
    machine: { machine: { ...other.machine, cores: 64 } },
    'number of runs': { runs: 1 },
    scale: { scale: 0.5 },
    'version of heddle': { heddle: '2.0' },
    build: { build: 'sources' },
    'version of a peer': { versions: { BIRD: '3.0' } },
    scenario: { scenarios: [{ letter: 'A', title: 'the same' }] },
  })) {
    it(`does not become one with another ${what === 'scenario' ? 'of the same scenario' : what}`, () => {
      expect(() => mergeMeasurements([measurementOf(rows), { ...other, ...part }])).to.throw()
    })
  }

  it('is refused when it is something else, with status 2', async () => {
    const strange = await cli('bench', '--from', fileOf('strange.json', { rows: [] }))
    expect(strange.status).to.equal(2)
    expect(strange.stderr).to.include('not a result of heddle bench')
    const missing = await cli('bench', '--from', join(folder, 'none.json'))
    expect(missing.status).to.equal(2)
    expect(missing.stderr).to.include('none.json')
  })

  it('is not measured at the same time', async () => {
    const { status, stderr } = await cli('bench', '--from', 'x.json', '--runs', '1')
    expect(status).to.equal(2)
    expect(stderr).to.include('--runs')
  })
})

describe('a result as Markdown', () => {
  const result = scoreMeasurement(measurementOf(rows))

  it('has a row to a phase in short: every daemon, and the ratios of heddle', () => {
    const line = markdownOf(result, 'summary')
      .split('\n')
      .find((each) => each.startsWith('| A'))
    expect(line).to.equal(
      '| A | announce | 1.000 / 1.100 / 1.500 s, 100 MiB | 5.500 / 6.000 / 7.000 s, 490 MiB | 11.0 s, 2354 MiB | ' +
        'cannot | 5.5 times as fast | 0.20 of it |',
    )
  })

  it('has all figures in full, and what was asked', () => {
    const full = markdownOf(result, 'full')
    expect(full)
      .to.include('### A  routes\n')
      .and.to.match(/\| load alone \| 0.100 \|/)
    expect(full).to.include('| at least 5, aim 10 | 5.45 | yes |')
  })

  it('says machine, versions, runs and day', () => {
    expect(markdownOf(result, 'summary')).to.match(
      /^CPU, 2 cores, 4 GiB, Linux 6.1, Node v24\\\nheddle 1.0 \(compiled\), BIRD 2.0.12\\\n3 runs, 2026-01-01\n/,
    )
  })

  it('takes its place in a document, and nothing else changes', () => {
    const document =
      'above\n<!-- bench summary: written by .ci/bench-docs.mjs -->\nold\n<!-- end of bench summary -->\nbelow\n'
    const changed = withEmbedded(document, 'summary', 'new $& |\n')
    expect(embedded(changed, 'summary')).to.equal('new $& |\n')
    expect(withEmbedded(changed, 'summary', 'old\n')).to.equal(document)
    expect(() => withEmbedded(document, 'full', 'x')).to.throw('no place for the full')
  })
})
