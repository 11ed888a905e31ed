/**
 * Structured log as an argument: an event name that can be searched for, and fields. No secret is ever a field.
 */
export interface Log {
  debug(event: string, fields?: object): void
  info(event: string, fields?: object): void
  warn(event: string, fields?: object): void
  error(event: string, fields?: object): void
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
