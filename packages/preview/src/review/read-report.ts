import type { PublishReport } from '@sitedrive/core/internal'

const PHASES = ['ask', 'scan', 'write', 'index', 'confirm']
const STATUSES = ['published', 'unchanged', 'skipped']
const COUNTS = ['release', 'added', 'changed', 'removed', 'bytesWritten', 'durationMs']

type Fields = Record<string, unknown>

/** Parses a line of the report file. The build's own code, or another version of core, may write there too. @returns null when the line is no report */
export function readReport(line: string): PublishReport | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  return isFields(value) && typeof value['projectDir'] === 'string' && isReport(value)
    ? (value as unknown as PublishReport)
    : null
}

function isReport(report: Fields): boolean {
  switch (report['kind']) {
    case 'progress':
      return isFields(report['progress']) && isProgress(report['progress'])
    case 'waiting':
      return isText(report['text'])
    case 'error':
      return isText(report['message']) && isTextOrNull(report['code'])
    case 'outcome':
      return (
        STATUSES.includes(report['status'] as string) &&
        typeof report['isConfirmed'] === 'boolean' &&
        isListOf(report['remarks'], ({ level, text }) => isText(level) && isText(text)) &&
        isFields(report['outcome']) &&
        isOutcome(report['outcome'], report['status'] === 'skipped')
      )
    default:
      return false
  }
}

function isProgress({ phase, done, total, bytes, seed }: Fields): boolean {
  return (
    PHASES.includes(phase as string) &&
    [done, total, bytes].every(isCount) &&
    (seed === undefined || isText(seed))
  )
}

function isOutcome(outcome: Fields, isSkipped: boolean): boolean {
  const { skipped, key, link, mirror, seeds } = outcome
  if (isSkipped) return isFields(skipped) && isText(skipped['reason']) && isText(skipped['message'])
  return (
    skipped === undefined &&
    isText(key) &&
    isText(link) &&
    isTextOrNull(mirror) &&
    COUNTS.every((name) => isCount(outcome[name])) &&
    isListOf(
      seeds,
      (seed) => isText(seed['key']) && typeof seed['confirmed'] === 'boolean' && isCount(seed['ms'])
    )
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf(value: unknown, isOne: (item: Fields) => boolean): boolean {
  return Array.isArray(value) && value.every((item: unknown) => isFields(item) && isOne(item))
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value)
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
