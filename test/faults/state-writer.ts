/** Writes one state after the other into a folder until it is killed; says so once it has written the first. */
import { StateDir } from '../../control/state-dir.ts'
import { silentLog } from '../../rib/log.ts'
import { stateOfRound } from './states.ts'

const stateDir = new StateDir(process.argv[2]!, silentLog)
for (let round = 0; ; round++) {
  await stateDir.save(stateOfRound(round))
  if (round === 0) process.stdout.write('writing\n')
}
