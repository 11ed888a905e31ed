/** How large the heavy fault tests are: 1 as part of `npm test`, more with HEDDLE_FAULTS_SCALE. */
export const SCALE = Math.max(1, Number(process.env['HEDDLE_FAULTS_SCALE'] ?? 1) || 1)
