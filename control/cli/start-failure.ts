/** Why a daemon did not start, in words for whoever started it. */
import { CliError } from './cli-error.ts'

/** Errors of control that already say what to do about them. */
const spoken = new Set(['ConfigError', 'StateDirError', 'TlsFilesError'])

/** What the system refused, in words; anything else is a defect and is shown as it is. */
export function startFailure(error: unknown): unknown {
  if (error instanceof Error && spoken.has(error.name)) return new CliError('start', error.message)
  const { code, syscall, address, port, path } = error as NodeJS.ErrnoException & {
    readonly address?: string
    readonly port?: number
  }
  if (code === undefined || syscall === undefined) return error
  const where = path ?? [address, port].filter((part) => part !== undefined).join(':')
  switch (code) {
    case 'EADDRINUSE':
      return new CliError(
        'start',
        `${where} is in use`,
        'Does another daemon run here? See `listen` in ControlNode.',
      )
    case 'EADDRNOTAVAIL':
      return new CliError(
        'start',
        `${where} is no address of this machine`,
        'See `listen` in ControlNode; 0.0.0.0 and [::] mean every address.',
      )
    case 'EACCES':
      return new CliError(
        'start',
        `${where}: ${syscall} is not allowed`,
        syscall === 'listen' ? 'Ports below 1024 need CAP_NET_BIND_SERVICE, or root.' : '',
      )
    default:
      return new CliError('start', `${where}: ${syscall} failed (${code})`)
  }
}
