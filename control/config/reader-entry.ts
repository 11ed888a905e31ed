/** The process that reads the configuration for a daemon (config/reader-process.ts): the files are its arguments. */
import { readerMessages } from './reader-messages.ts'
import { readHere } from './reading.ts'

// What a terminal sends to the whole group is the daemon's to obey; this process ends with it.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

const messages = readerMessages(await readHere(process.argv.slice(2)))
process.on('message', () => {
  const next = messages.next()
  if (!next.done) process.send!(next.value)
})
process.send!('ready')
