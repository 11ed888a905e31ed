/**
 * The daemons under test: where each is, how it is started on a configuration of ours, and how it says its version.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HOST } from './setup.ts'
import type { Ports } from './setup.ts'

export const daemonNames = ['heddle', 'bird', 'frr', 'gobgp'] as const
export type DaemonName = (typeof daemonNames)[number]

export interface DaemonKind {
  readonly name: DaemonName
  readonly title: string
  /** In fixtures/bench. */
  readonly template: string
  /** The program, or undefined where it is not installed. */
  find(path: string): string | undefined
  readonly versionArgs: readonly string[]
  /** Arguments; `folder` is the daemon's own. */
  args(file: string, folder: string, ports: Ports): readonly string[]
  /** Serves agents too. */
  readonly servesAgents: boolean
}

/** The heddle that is measured: the very build that this file belongs to. */
const isCompiled = import.meta.url.endsWith('.js')
const program = fileURLToPath(new URL(`../../main${isCompiled ? '.js' : '.ts'}`, import.meta.url))

/** What was measured: the installed program is compiled; sources pay for it that Node strips their types. */
export const heddleBuild: 'compiled' | 'sources' = isCompiled ? 'compiled' : 'sources'

export const daemonKinds: readonly DaemonKind[] = [
  {
    name: 'heddle',
    title: 'heddle',
    template: 'heddle.yaml.in',
    find: () => process.execPath,
    versionArgs: [program, '--version'],
    args: (file) => [program, 'run', '-c', file, '--log-level', 'warn'],
    servesAgents: true,
  },
  {
    name: 'bird',
    title: 'BIRD',
    template: 'bird.conf.in',
    find: (path) => findProgram('bird', path),
    versionArgs: ['--version'],
    args: (file, folder) => [
      '-f',
      '-c',
      file,
      '-s',
      join(folder, 'bird.ctl'),
      '-P',
      join(folder, 'bird.pid'),
    ],
    servesAgents: false,
  },
  {
    name: 'frr',
    title: 'FRR',
    template: 'bgpd.conf.in',
    find: (path) => findProgram('bgpd', path),
    versionArgs: ['--version'],
    args: (file, folder, ports) => [
      // No kernel routes, no zebra, no change of user; the control socket in the folder, no terminal port.
      ...['-n', '-Z', '-S', '-l', HOST, '-p', String(ports.bgp), '-f', file],
      ...['--vty_socket', folder, '-A', HOST, '-P', '0', '-i', join(folder, 'bgpd.pid')],
    ],
    servesAgents: false,
  },
  {
    name: 'gobgp',
    title: 'GoBGP',
    template: 'gobgpd.toml.in',
    find: (path) => findProgram('gobgpd', path),
    versionArgs: ['--version'],
    args: (file, folder) => [
      ...['-f', file, '-l', 'error', '--log-plain', '--pprof-disable'],
      ...['--api-hosts', `unix://${join(folder, 'gobgp.sock')}`],
    ],
    servesAgents: false,
  },
]

/** Routing daemons live where an ordinary user's PATH does not look. */
const daemonFolders = ['/usr/sbin', '/usr/bin', '/usr/lib/frr', '/usr/local/sbin', '/usr/local/bin']

function findProgram(name: string, path: string): string | undefined {
  return [...path.split(delimiter), ...daemonFolders]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))
}
