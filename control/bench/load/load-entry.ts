/** Entry of a thread of the load: calls come as messages, and each is answered with one. */
import { parentPort } from 'node:worker_threads'
import type { CallMessage, ReplyMessage } from './load-calls.ts'
import { Load } from './load.ts'

const port = parentPort!
const load = new Load()

async function answer({ id, name, input }: CallMessage): Promise<ReplyMessage> {
  try {
    // The table pairs names with inputs; a message cannot carry that.
    const call = load.handlers[name] as (input: unknown) => unknown
    return { id, output: await call(input) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}

port.on('message', (message: CallMessage) => {
  void answer(message).then((reply) => port.postMessage(reply))
})
