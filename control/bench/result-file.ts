/**
 * Results as files: read again, and several put together, for scenarios that were measured one after the other. What
 * follows from the samples is worked out anew, so that no table says what its samples do not.
 */
import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { CliError } from '../cli/cli-error.ts'
import { FORMAT, scoreMeasurement } from './result.ts'
import type { BenchResult, Measurement, Row } from './result.ts'

export async function readResults(files: readonly string[]): Promise<BenchResult> {
  const parts = await Promise.all(files.map(readMeasurement))
  return scoreMeasurement(mergeMeasurements(parts))
}

async function readMeasurement(file: string): Promise<Measurement> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError('file-unreadable', `${file}: ${(error as Error).message}`)
  }
  return parseMeasurement(text, file)
}

/** `file` is for the error. */
export function parseMeasurement(text: string, file: string): Measurement {
  let value: Partial<Measurement> | null
  try {
    value = JSON.parse(text) as Partial<Measurement> | null
  } catch (error) {
    throw new CliError('not-a-result', `${file} is not JSON: ${(error as Error).message}`)
  }
  if (value?.format !== FORMAT || !value.rows || !value.scenarios) {
    const hint = 'heddle bench --json FILE writes one.'
    throw new CliError('not-a-result', `${file} is not a result of heddle bench`, hint)
  }
  const measurement = value as Measurement
  return { ...measurement, rows: measurement.rows.map(unscored) }
}

function unscored({ scenario, phase, subject, outcome }: Row): Row {
  return { scenario, phase, subject, outcome }
}

/** Scenarios of one machine and of the same versions; a scenario is compared within itself, so each comes from one part. */
export function mergeMeasurements(parts: readonly Measurement[]): Measurement {
  const first = parts[0]!
  const seen = new Set<string>()
  for (const part of parts) {
    for (const key of ['machine', 'heddle', 'build', 'runs', 'scale'] as const) {
      if (!isDeepStrictEqual(part[key], first[key]))
        throw new CliError('results-differ', `results that differ in '${key}' are not one result`)
    }
    for (const { letter } of part.scenarios) {
      if (seen.has(letter)) throw new CliError('results-differ', `scenario ${letter} is in two of the files`)
      seen.add(letter)
    }
  }
  return {
    ...first,
    startedAt: parts.map(({ startedAt }) => startedAt).toSorted()[0]!,
    endedAt: parts
      .map(({ endedAt }) => endedAt)
      .toSorted()
      .at(-1)!,
    versions: mergeVersions(parts),
    scenarios: parts.flatMap(({ scenarios }) => scenarios).toSorted((a, b) => (a.letter < b.letter ? -1 : 1)),
    rows: parts.flatMap(({ rows }) => rows),
  }
}

function mergeVersions(parts: readonly Measurement[]): Record<string, string> {
  const versions: Record<string, string> = {}
  for (const [title, version] of parts.flatMap((part) => Object.entries(part.versions))) {
    if ((versions[title] ??= version) !== version)
      throw new CliError(
        'results-differ',
        `results with ${title} ${versions[title]} and ${version} are not one`,
      )
  }
  return versions
}
