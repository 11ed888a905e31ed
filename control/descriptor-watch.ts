/**
 * Notices that the process has no file descriptor left. Nobody says so: libuv then closes what it accepts at once, with a
 * descriptor that it keeps in reserve, so that the listener does not spin; connections come and go without a trace, and the
 * state folder cannot be written. So one descriptor is opened and closed every second.
 */
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import type { Timer, Timers } from '../rib/clock.ts'
import type { Log } from '../rib/log.ts'
import { RecurringFault } from '../rib/recurring-fault.ts'

const LOOK_MS = 1_000

export class DescriptorWatch {
  readonly #timers: Timers
  readonly #fault: RecurringFault
  #timer: Timer | undefined

  constructor(timers: Timers, log: Log) {
    this.#timers = timers
    this.#fault = new RecurringFault(timers, log, 'control.noDescriptors')
  }

  start(): void {
    this.#timer = this.#timers.setTimer(LOOK_MS, () => {
      this.#look()
      this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #look(): void {
    // Between two events, so that no connection can come for the descriptor meanwhile.
    try {
      closeSync(openSync(devNull, 'r'))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') return
      this.#fault.note(`${code}: new connections are closed as they come; raise the limit of open files`)
      return
    }
    this.#fault.over()
  }
}
