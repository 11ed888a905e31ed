/**
 * One daemon to a state folder: two of them would each write its own allocations over the other's, and the next start
 * would give floating IPs other addresses. The lock is an abstract Unix socket named after the folder's inode, since the
 * kernel lets it go with the process however that ends, so no lock is ever left behind. Only Linux has such sockets;
 * elsewhere nothing is locked.
 */
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Server } from 'node:net'

export class StateLock {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** The lock of a folder that is there; undefined when somebody holds it. */
  static async take(folder: string): Promise<StateLock | undefined> {
    const { dev, ino } = await stat(folder, { bigint: true })
    const server = createServer((socket) => socket.destroy()).unref()
    if (process.platform !== 'linux') return new StateLock(server)
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(`\0heddle-state-${dev}-${ino}`, resolve)
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
      throw error
    }
    return new StateLock(server)
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()))
  }
}
