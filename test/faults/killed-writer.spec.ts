/** kill -9 while the state is written, again and again (F2): the next start finds one whole state, the last or the one before. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { StateDir } from '../../control/state-dir.ts'
import { silentLog } from '../../rib/log.ts'
import { Random } from '../fuzz/random.ts'
import { SCALE } from './scale.ts'
import { NODES, roundsOf } from './states.ts'

const KILLS = 8 * SCALE
const writer = fileURLToPath(new URL('state-writer.ts', import.meta.url))

describe('a writer of the state that is killed at any moment', () => {
  it('leaves a whole state behind every time, and nothing damaged', async function () {
    this.timeout(60_000 * SCALE)
    const folder = mkdtempSync(join(tmpdir(), 'heddle-killed-'))
    const random = new Random(11)
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exited = once(child, 'exit')
      await once(child.stdout, 'data')
      // Some writes on, wherever that is.
      await pause(random.below(30))
      child.kill('SIGKILL')
      await exited
      const faults: string[] = []
      const log = { ...silentLog, error: (event: string) => void faults.push(event) }
      const state = await new StateDir(folder, log).load()
      expect(faults).to.deep.equal([])
      expect(state.labels.size).to.equal(NODES)
      expect(roundsOf(state).size).to.equal(1)
    }
    expect(readdirSync(folder).filter((name) => !/^state\.json(\.tmp)?$/.test(name))).to.deep.equal([])
    rmSync(folder, { recursive: true })
  })
})
