import { describeTextFault, type TextFault } from '../written-text.js'
import type { Check } from './content-types.js'
import type { Cause } from './finding-list.js'

/** A rule file that mirrors read as something else than its author wrote. */
export function misread(check: Check, path: string, fault: TextFault): Cause {
  const { why, remedy } = describeTextFault(fault)
  return {
    check,
    level: fault.kind === 'encoding' ? 'warning' : 'error',
    value: null,
    what: () => `\`${path.slice(1)}\` ${why}; mirrors do not read there what was meant.`,
    remedy
  }
}
