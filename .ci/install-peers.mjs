/**
 * The real BGP speakers and the independent decoder that the interoperability tests talk to: finds which are here, and
 * installs the missing ones with apt-get where that is allowed (root on a Debian). Nothing is started: the packages'
 * own services are kept down by a policy-rc.d for the time of the installation.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** Program → Debian package. */
const peers = [
  { name: 'GoBGP', package: 'gobgpd', programs: ['/usr/bin/gobgpd', '/usr/bin/gobgp'] },
  { name: 'FRR', package: 'frr', programs: ['/usr/lib/frr/bgpd', '/usr/bin/vtysh'] },
  { name: 'BIRD', package: 'bird2', programs: ['/usr/sbin/bird', '/usr/sbin/birdc'] },
  { name: 'ExaBGP', package: 'exabgp', programs: ['/usr/sbin/exabgp'] },
  { name: 'tshark', package: 'tshark', programs: ['/usr/bin/tshark'] },
]
const policy = '/usr/sbin/policy-rc.d'

/** Names of the peers that are still missing afterwards. */
export function installPeers() {
  const missing = absent()
  if (missing.length === 0) return []
  const reason = whyNot()
  if (reason === undefined) aptInstall(missing.map((peer) => peer.package))
  else process.stdout.write(`cannot install ${missing.map((peer) => peer.package).join(', ')}: ${reason}\n`)
  return absent().map((peer) => peer.name)
}

function absent() {
  return peers.filter((peer) => !peer.programs.every((program) => existsSync(program)))
}

function whyNot() {
  if (!existsSync('/usr/bin/apt-get')) return 'no apt-get on this machine'
  if (process.getuid?.() !== 0) return 'that needs root'
  return undefined
}

function aptInstall(packages) {
  process.stdout.write(`installing ${packages.join(', ')} (apt-get) ...\n`)
  const keepsServicesDown = !existsSync(policy)
  if (keepsServicesDown) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    if (apt(['install', ...packages])) return
    // Package lists may be missing or old: fetch them, then once more.
    apt(['update'])
    if (apt(['install', ...packages])) return
    // One package that this Debian lacks must not keep the others out.
    for (const name of packages) {
      if (!apt(['install', name])) process.stdout.write(`apt-get could not install ${name}\n`)
    }
  } finally {
    if (keepsServicesDown) rmSync(policy)
  }
}

function apt(args) {
  const options = [
    '-y',
    '-q',
    '--no-install-recommends',
    '-o',
    'Dpkg::Use-Pty=0',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  const result = spawnSync('apt-get', [...options, ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    timeout: 240_000,
  })
  return result.status === 0
}
