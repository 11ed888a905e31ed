/**
 * The log of a running daemon: one JSON object a line on stderr, with the event name as `event` so that it can be searched.
 */
import { pino } from 'pino'
import type { DestinationStream } from 'pino'
import type { Log } from '../rib/log.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** A log at this level and above; to stderr unless another destination is given. */
export function makeLog(level: LogLevel, destination?: DestinationStream): Log {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // Synchronous: the last lines before an end are the ones that matter.
    destination ?? pino.destination({ dest: 2, sync: true }),
  )
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  }
}
