/** A TCP port that was free a moment ago, for daemons that cannot be asked which port they took. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Asks the kernel for a free port on a loopback address. */
export async function freePort(host: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
