import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EchoClient, EchoServer } from '../../../control/bench/load/echo.ts'
import type { BenchResult } from '../../../control/bench/result.ts'
import { until } from '../../support/until.ts'
import { cli } from '../cli/cli-run.ts'

describe('scenario H', () => {
  it('times an echo when its last octet is back, and asks no more while one is under way', async () => {
    const server = await EchoServer.open('127.0.0.1')
    const client = await EchoClient.dial(server.target)
    try {
      const latenciesMs: number[] = []
      // More than one read.
      client.send(new Uint8Array(1_000_000))
      client.send(new Uint8Array(10))
      await until('an echo', () => latenciesMs.push(...client.take()) > 0)
      client.send(new Uint8Array(10))
      await until('another', () => latenciesMs.push(...client.take()) > 1)
      expect(latenciesMs).to.have.length(2)
      expect(Math.min(...latenciesMs)).to.be.greaterThan(0)
    } finally {
      client.close()
      server.close()
    }
  })

  it('says what the way takes without a daemon, and which stalls were the waiting for a core', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-latency-test-'))
    try {
      const file = join(folder, 'result.json')
      const order = ['--scenario', 'H', '--daemon', 'heddle', '--runs', '1', '--scale', '0.001']
      const { status, stderr } = await cli('bench', ...order, '--json', file)
      expect(status, stderr).to.equal(0)
      const { rows } = JSON.parse(readFileSync(file, 'utf8')) as BenchResult
      expect(rows.map(({ phase }) => phase)).to.deep.equal(['idle', 'under load'])
      for (const { figures } of rows) {
        expect(figures.floorP50Ms!.median).to.be.greaterThan(0)
        expect(figures.floorP50Ms!.median).to.be.at.most(figures.floorP99Ms!.median)
        expect(figures.ownStallMs!.median).to.be.at.most(figures.stallMs!.median)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }).timeout(60_000)
})
