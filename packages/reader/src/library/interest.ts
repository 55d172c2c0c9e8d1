/** Why a copy of a site is on this machine. `read`: it was opened; `followed`: new releases are fetched and told; `kept`: others get it from here, too. */
export type Interest = 'read' | 'followed' | 'kept'

const INTERESTS: readonly unknown[] = ['read', 'followed', 'kept'] satisfies Interest[]

export function isInterest(value: unknown): value is Interest {
  return INTERESTS.includes(value)
}
