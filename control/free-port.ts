/** A TCP port that was free a moment ago, for daemons that cannot be asked which port they took. */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the ports that the kernel gives to whoever dials, so that no connection takes it in the meantime. */
const [FIRST, END] = [20_000, 32_768]

/** Ports that are tried: others may be listening. */
const TRIES = 50

/** A free port on a loopback address. */
export async function freePort(host: string): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = randomInt(FIRST, END)
    if (await isFree(host, port)) return port
  }
  throw new Error(`${TRIES} ports of ${host} are in use`)
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, host, () => resolve(true))
  })
  if (isListening) await new Promise((resolve) => server.close(resolve))
  return isListening
}
