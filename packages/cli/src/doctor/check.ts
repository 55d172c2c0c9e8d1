/** What `sitedrive doctor` looks at. */
export type CheckName =
  | 'node'
  | 'data directory'
  | 'secrets'
  | 'project'
  | 'key'
  | 'backup'
  | 'clock'
  | 'store'
  | 'network'
  | 'nat'
  | 'seed'
  | 'web address'
  | 'certificate'
  | 'generator'

/** The result of one check. */
export interface Check {
  check: CheckName
  /** Which one, where a check is made of several things: a seed's key, a web address, a package; else null. */
  about: string | null
  /** `problem`: something is broken, so that a publish or the readers suffer. `warning`: nothing is broken yet. */
  level: 'ok' | 'warning' | 'problem'
  /** What was found, one sentence. */
  what: string
  /** What to do, one sentence; null when all is well. */
  remedy: string | null
}

export function ok(check: CheckName, what: string, about: string | null = null): Check {
  return { check, about, level: 'ok', what, remedy: null }
}

export function warning(check: CheckName, what: string, remedy: string, about: string | null = null): Check {
  return { check, about, level: 'warning', what, remedy }
}

export function problem(check: CheckName, what: string, remedy: string, about: string | null = null): Check {
  return { check, about, level: 'problem', what, remedy }
}
