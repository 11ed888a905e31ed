/**
 * The folder of what must survive a restart. A state is written to a file beside the old one, forced to the disk, and put
 * in its place by a rename, so that a crash leaves the old one or the new one. A damaged file is set aside, never deleted
 * and never a reason not to start.
 */
import { constants } from 'node:fs'
import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../rib/log.ts'
import { StateLock } from './state-lock.ts'
import { decodeState, emptyState, encodeState } from './state.ts'
import type { DaemonState } from './state.ts'

const FILE = 'state.json'

/** The state folder cannot be used: who runs the daemon has to do something about it. */
export class StateDirError extends Error {
  override readonly name = 'StateDirError'
}

export class StateDir {
  readonly path: string
  readonly #log: Log
  #saved: string | undefined
  #lock: StateLock | undefined

  constructor(path: string, log: Log) {
    this.path = path
    this.#log = log
  }

  /** Makes the folder where it is missing, and keeps other daemons out of it until `unlock`. */
  async lock(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true })
      this.#lock = await StateLock.take(this.path)
    } catch (error) {
      throw this.#unusable('lock', error)
    }
    if (this.#lock) return
    throw new StateDirError(
      `another daemon uses the state folder ${this.path}; end it, or change spec.stateDir of ControlNode`,
    )
  }

  async unlock(): Promise<void> {
    const lock = this.#lock
    this.#lock = undefined
    await lock?.release()
  }

  /** Makes the folder where it is missing and reads the state; an empty one when there is none or it is damaged. */
  async load(): Promise<DaemonState> {
    const file = join(this.path, FILE)
    let octets: Buffer
    try {
      await mkdir(this.path, { recursive: true })
      octets = await readFile(file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyState
      throw this.#unusable('read', error)
    }
    const text = octets.toString('utf8')
    const decoded = decodeState(text)
    if ('state' in decoded) {
      this.#saved = text
      return decoded.state
    }
    await this.#setAside(file, decoded.fault)
    return emptyState
  }

  /** Returns when the state is on the disk; an unchanged one is not written again. */
  async save(state: DaemonState): Promise<void> {
    const text = encodeState(state)
    if (text === this.#saved) return
    await this.writeText(FILE, text)
    this.#saved = text
  }

  /** Another file of the folder, or undefined when there is none. */
  async readText(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.path, name), 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw this.#unusable('read', error)
    }
  }

  /** Returns when the text is on the disk in place of the old one. */
  async writeText(name: string, text: string): Promise<void> {
    const file = join(this.path, name)
    const temporary = `${file}.tmp`
    try {
      await mkdir(this.path, { recursive: true })
      await writeThrough(temporary, text)
      await rename(temporary, file)
      await syncFolder(this.path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw this.#unusable('write', error)
    }
  }

  /** Nothing where there is no such file. */
  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true }).catch((error: unknown) => {
      throw this.#unusable('write', error)
    })
  }

  async #setAside(file: string, fault: string): Promise<void> {
    let aside = ''
    try {
      aside = await copyBeside(file)
      await rm(file)
    } catch (error) {
      throw this.#unusable('set a damaged file aside in', error)
    }
    this.#log.error('state.damaged', {
      file,
      aside,
      fault,
      consequence: 'route targets, floating IP addresses and labels are given out anew',
    })
  }

  #unusable(verb: string, error: unknown): StateDirError {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    return new StateDirError(
      `cannot ${verb} the state folder ${this.path} (${reason}); see spec.stateDir of ControlNode`,
    )
  }
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The rename itself is in the folder, which is forced to the disk too. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Copies to the first free name, so that no earlier damaged file is lost. */
async function copyBeside(file: string): Promise<string> {
  for (let number = 1; ; number++) {
    const aside = `${file}.damaged-${number}`
    try {
      await copyFile(file, aside, constants.COPYFILE_EXCL)
      return aside
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number === 1000) throw error
    }
  }
}
