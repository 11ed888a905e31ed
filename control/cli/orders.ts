/**
 * What signals tell a running daemon. One that is told while it starts still starts in order, and then does it.
 *
 *   SIGHUP           reads the configuration again; a bad one is logged and changes nothing
 *   SIGTERM          ends sessions as for a restart, and exits 0; a second one exits at once
 *   SIGINT           ends them for good, likewise
 */
import type { Log } from '../../rib/log.ts'
import type { Daemon } from '../daemon.ts'

/** Listens from the moment it is made. */
export class Orders {
  readonly #told: Promise<string>
  #daemon: Daemon | undefined
  #log: Log | undefined
  #isReloadDue = false

  constructor() {
    process.on('SIGHUP', () => {
      this.#isReloadDue = true
      this.#reload()
    })
    this.#told = new Promise((resolve) => {
      let isEnding = false
      const end = (signal: string): void => {
        if (isEnding) process.exit(1)
        isEnding = true
        resolve(signal)
      }
      process.on('SIGTERM', end)
      process.on('SIGINT', end)
    })
  }

  /** Carries out reloads until the order to end comes; returns the signal that brought it. */
  async obey(daemon: Daemon, log: Log): Promise<string> {
    this.#daemon = daemon
    this.#log = log
    this.#reload()
    const signal = await this.#told
    this.#daemon = undefined
    return signal
  }

  #reload(): void {
    if (!this.#isReloadDue || !this.#daemon) return
    this.#isReloadDue = false
    void this.#daemon.reload().catch((error: unknown) => {
      // Whatever else goes wrong may have left a configuration half applied: better no node than that one.
      if (!isStateDirError(error)) throw error
      this.#log?.error('config.reloadFailed', { reason: error.message })
    })
  }
}

/** Nothing has changed when the state could not be saved. */
function isStateDirError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StateDirError'
}
